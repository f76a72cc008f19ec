/** A regular file of an archive. */
export interface ArchivedFile {
  /** ASCII, at most 100 characters, `/`-separated. */
  name: string;
  content: string;
}

const BLOCK = 512;

/** A tar archive (ustar) of files that only their owner can read. `modified` in seconds since the epoch. */
export function packTar(files: readonly ArchivedFile[], modified: number): Uint8Array {
  const parts = files.flatMap(({ name, content }) => {
    const bytes = Buffer.from(content);
    return [headerOf(name, bytes.length, modified), bytes, Buffer.alloc(-bytes.length & (BLOCK - 1))];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function headerOf(name: string, size: number, modified: number): Buffer {
  if (!/^[\x20-\x7e]{1,100}$/.test(name)) throw new RangeError(`no name for a tar archive: ${name}`);
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number): void => {
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  };
  header.write(name, 0, 'latin1');
  octal(0o600, 100, 8);
  octal(0, 108, 8); // owner and group
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(modified, 136, 12);
  header.write('        0', 148, 'latin1'); // the checksum counts as spaces; then the type: a file
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** The files of an archive as `packTar` makes it; undefined if it is none. */
export function unpackTar(archive: Uint8Array): ArchivedFile[] | undefined {
  const bytes = Buffer.from(archive);
  const files: ArchivedFile[] = [];
  let at = 0;
  while (at + BLOCK <= bytes.length && bytes[at] !== 0) {
    const text = (from: number, length: number): string =>
      bytes.toString('latin1', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12), 8);
    if (text(257, 5) !== 'ustar' || !Number.isSafeInteger(size) || at + BLOCK + size > bytes.length)
      return undefined;
    files.push({ name: text(0, 100), content: bytes.toString('utf8', at + BLOCK, at + BLOCK + size) });
    at += BLOCK + size + (-size & (BLOCK - 1));
  }
  return files.length > 0 ? files : undefined;
}
