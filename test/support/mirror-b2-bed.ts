import type { FaultRequest } from '../../src/b2-stand-in/faults.js';
import { BUCKET, MIRROR, rclone, testStandIn } from '../b2-stand-in/stand-in.js';
import { mirrorBed } from './mirror-bed.js';

/** Where the metadata manifest lies in a remote. */
export const MANIFEST = '.fts/mirror-metadata.jsonl.gz';

/** A `mirrorBed` whose remote is a folder of a bucket of a stand-in of its own. */
export async function b2Bed(path = `${BUCKET}/mirror`) {
  const standIn = await testStandIn();
  const declaration = { type: 'b2', path, options: { endpoint: standIn.endpoint } };
  const secrets = { account: 'id', key: 'key' };
  const bed = await mirrorBed({ ...declaration, secrets }, { id: MIRROR.id, key: MIRROR.key });
  const lines = async (...args: string[]): Promise<string[]> =>
    String((await rclone(standIn, args)).stdout)
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  return {
    ...bed,
    standIn,
    /** From now on the bucket refuses that operation on that file, as broken. */
    refuse: (operation: string, fileName: string): void => {
      standIn.faults.inject({
        match: (it) => it.operation === operation && it.fileName === `mirror/${fileName}`,
        answer: { status: 400, code: 'bad_request', message: 'not this one' },
        times: 1000,
      });
    },
    /** Called when the bucket has an upload's head, which tells size and hash, and has read nothing of its body. */
    beforeUpload: (fileName: string, happens: () => void): void => {
      const match = ({ operation, ...it }: FaultRequest): boolean => {
        if (operation === 'b2_upload_file' && it.fileName === `mirror/${fileName}`) happens();
        return false;
      };
      standIn.faults.inject({ match, answer: 'reset', times: 1 });
    },
    /** What plain rclone lists, without what the product keeps there. */
    remoteNames: () => lines('lsf', '-R', '--files-only', '--filter', '- /.fts/**', `b2:${path}`),
  };
}
