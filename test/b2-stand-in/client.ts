import { z } from 'zod';
import { BUCKET, MASTER, sha1Of } from './stand-in.js';

/** An answer as it came over the wire. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

const Authorized = z.object({ authorizationToken: z.string() });
const Buckets = z.object({ buckets: z.array(z.object({ bucketId: z.string() })) });
const UploadUrl = z.object({ uploadUrl: z.string(), authorizationToken: z.string() });

/** The bare API, for what rclone never asks for. */
export class Client {
  private constructor(
    readonly endpoint: string,
    readonly token: string,
    readonly bucketId: string,
  ) {}

  static async authorized(endpoint: string, key = MASTER): Promise<Client> {
    const { authorizationToken } = Authorized.parse((await authorize(endpoint, key)).body);
    const client = new Client(endpoint, authorizationToken, '');
    const { buckets } = Buckets.parse((await client.call('b2_list_buckets', { bucketName: BUCKET })).body);
    return new Client(endpoint, authorizationToken, buckets[0]?.bucketId ?? '');
  }

  call(operation: string, parameters: object, version = 2): Promise<Answer> {
    return send(`${this.endpoint}/b2api/v${String(version)}/${operation}`, {
      method: 'POST',
      headers: { Authorization: this.token },
      body: JSON.stringify(parameters),
    });
  }

  async upload(encodedName: string, content: string, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await this.call('b2_get_upload_url', { bucketId: this.bucketId });
    if (answer.status !== 200) return answer;
    const { uploadUrl, authorizationToken } = UploadUrl.parse(answer.body);
    return send(uploadUrl, {
      method: 'POST',
      headers: {
        Authorization: authorizationToken,
        'Content-Type': 'text/plain',
        'X-Bz-File-Name': encodedName,
        'X-Bz-Content-Sha1': sha1Of(content),
        ...headers,
      },
      body: content,
    });
  }

  /** Stores an empty file and returns its id. */
  async put(name: string, content = ''): Promise<string> {
    const { status, body } = await this.upload(encodeURIComponent(name), content);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return z.string().parse(body.fileId);
  }

  /** Names of all pages of a listing, each page of `maxFileCount`, with what is done between pages. */
  async list(
    operation: 'b2_list_file_names' | 'b2_list_file_versions',
    parameters: { prefix?: string; delimiter?: string; startFileName?: string; maxFileCount?: number },
    between: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<string[]> {
    const names: string[] = [];
    for (let start: object | undefined = {}; start;) {
      const { body } = await this.call(operation, { bucketId: this.bucketId, ...parameters, ...start });
      const page = Page.parse(body);
      names.push(
        ...page.files.map(({ fileName, action }) =>
          action === 'upload' ? fileName : `${action} ${fileName}`,
        ),
      );
      start =
        page.nextFileName === null
          ? undefined
          : { startFileName: page.nextFileName, startFileId: page.nextFileId };
      if (start) await between();
    }
    return names;
  }
}

const Page = z.object({
  files: z.array(z.object({ fileName: z.string(), action: z.string() })),
  nextFileName: z.string().nullable(),
  nextFileId: z.string().nullish(),
});

export function authorize(endpoint: string, { id, key } = MASTER, version = 2): Promise<Answer> {
  const basic = Buffer.from(`${id}:${key}`).toString('base64');
  const url = `${endpoint}/b2api/v${String(version)}/b2_authorize_account`;
  return send(url, { headers: { Authorization: `Basic ${basic}` } });
}

export async function send(url: string, options: RequestInit): Promise<Answer> {
  const response = await fetch(url, options);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  const body = isJson && text !== '' ? (JSON.parse(text) as Record<string, unknown>) : { text };
  return { status: response.status, headers: response.headers, body };
}
