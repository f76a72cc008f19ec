import { z } from 'zod';
import type { Path } from './problem.js';
import { EstateSchema } from './schema.js';
import { valueAt } from './value-at.js';

/** The keys that the schema knows for the mapping at the end of `path`. `root` decides between kinds of jobs. */
export function keysAt(path: Path, root: unknown): string[] {
  let schema: z.core.$ZodType | undefined = EstateSchema;
  for (const [index, part] of path.entries())
    schema = inner(schema, valueAt(root, path.slice(0, index)), part);
  const mapping = mappingOf(schema, valueAt(root, path));
  return mapping instanceof z.ZodObject ? Object.keys(mapping.shape) : [];
}

function inner(
  schema: z.core.$ZodType | undefined,
  value: unknown,
  part: string | number,
): z.core.$ZodType | undefined {
  const outer = mappingOf(schema, value);
  if (outer instanceof z.ZodObject) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = outer.shape;
    return shape[part];
  }
  if (outer instanceof z.ZodRecord) return outer.valueType;
  return outer instanceof z.ZodArray ? outer.element : undefined;
}

/** Without what makes it optional, and of several kinds the one that `value` is of. */
function mappingOf(schema: z.core.$ZodType | undefined, value: unknown): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
    return mappingOf(schema.unwrap(), value);
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = schema.def;
    const kind = valueAt(value, [discriminator]);
    return schema.options.find((option) => {
      const literal =
        option instanceof z.ZodObject
          ? (option.shape as Readonly<Record<string, unknown>>)[discriminator]
          : undefined;
      return literal instanceof z.ZodLiteral && literal.value === kind;
    });
  }
  if (schema instanceof z.ZodUnion) return schema.options.find((option) => option instanceof z.ZodObject);
  return schema;
}
