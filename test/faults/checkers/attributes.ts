import { execa } from 'execa';

const DUMP = `
import os, sys, json
root = os.fsencode(sys.argv[1]); found = {}
for folder, folders, files in os.walk(root):
    for name in [b'.'] + folders + files:
        path = os.path.join(folder, name)
        for key in os.listxattr(path, follow_symlinks=False):
            found[os.path.relpath(path, root).hex() + ' ' + key] = os.getxattr(path, key, follow_symlinks=False).hex()
json.dump(found, sys.stdout, sort_keys=True)
`;

const SET = `
import os, sys
os.setxattr(sys.argv[1], b'user.note', b'kept\\xff\\x00')
os.setxattr(sys.argv[1], b'system.posix_acl_access', bytes.fromhex('0200000001000600ffffffff02000400e803000004000400ffffffff10000400ffffffff20000400ffffffff'))
`;

let python: Promise<boolean> | undefined;

/** Whether extended attributes can be looked at: Node cannot, Python can. */
const canReadAttributes = (): Promise<boolean> =>
  (python ??= execa('python3', ['-c', 'import os; os.setxattr'], { reject: false }).then(
    ({ exitCode }) => exitCode === 0,
  ));

/** Gives a file an attribute and an ACL, where that can be done. */
export async function giveAttributes(path: string): Promise<void> {
  if (await canReadAttributes()) await execa('python3', ['-c', SET, path]);
}

/** All extended attributes and ACLs below a folder, as text to compare; empty where they cannot be read. */
export async function attributesOf(root: string): Promise<string> {
  return (await canReadAttributes()) ? (await execa('python3', ['-c', DUMP, root])).stdout : '';
}
