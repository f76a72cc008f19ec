/** Shorter values are not looked for: they would turn ordinary text into stars and are no secrets to begin with. */
const SHORTEST = 4;

/** Longest first: where one secret is part of another, nothing of the longer must remain. */
let known: string[] = [];

/** Remembers a secret's value, so that `redact` finds it. For the life of the process. */
export function registerSecret(value: string): void {
  if (value.length < SHORTEST || known.includes(value)) return;
  known = [...new Set([...known, ...spellings(value)])].sort((a, b) => b.length - a.length);
}

/** How the same value looks inside JSON and URLs: as Node writes them, and as Go does, which escapes more. */
function spellings(value: string): string[] {
  const inJson = JSON.stringify(value).slice(1, -1);
  const inUrl = encodeURIComponent(value);
  return [
    value,
    inJson,
    inJson.replaceAll(/[<>&]/g, (character) => `\\u00${hex(character).toLowerCase()}`),
    inUrl,
    inUrl.replaceAll(/[!'()*]/g, (character) => `%${hex(character)}`),
  ];
}

const hex = (character: string): string => character.charCodeAt(0).toString(16).toUpperCase();

/** The text with every known secret replaced. Applied to whatever a tool says before anybody else sees it. */
export function redact(text: string): string {
  let clean = text;
  for (const secret of known) clean = clean.replaceAll(secret, '***');
  return clean;
}
