import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a path answers: its content, or whatever a test wants to go wrong. */
export type Answer = Buffer | string | ((response: ServerResponse) => void);

/** An HTTP server on loopback with the files of one release; everything else is 404. */
export interface ReleaseServer {
  base: string;
  /** Paths asked for, in order. */
  asked: string[];
  close: () => Promise<void>;
}

export async function serveRelease(files: Record<string, Answer>): Promise<ReleaseServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const name = (request.url ?? '').slice(1);
    asked.push(name);
    const answer = files[name];
    if (answer === undefined) response.writeHead(404).end('not here');
    else if (typeof answer === 'function') answer(response);
    else response.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    base: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** A line as sha256sum(1) writes it. */
export const checksumLine = (content: Buffer, name: string): string =>
  `${createHash('sha256').update(content).digest('hex')}  ${name}\n`;
