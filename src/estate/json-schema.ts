import { z } from 'zod';
import { EstateSchema } from './schema.js';

/** JSON Schema (draft 7, which editors know best) of the estate file as it is written. */
export const estateJsonSchema = (): object =>
  z.toJSONSchema(EstateSchema, { io: 'input', target: 'draft-7' });
