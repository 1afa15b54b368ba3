import type { ImageFile } from './image-files.ts';

/** Default user of images; the number is that of Google's distroless images. */
export const nonRootUser = '65532:65532';

/** Files that programs expect in an image: names for the two users, and a folder for temporary files. */
export function systemFiles(): ImageFile[] {
  return [
    {
      path: '/etc/passwd',
      content:
        'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
    },
    { path: '/etc/group', content: 'root:x:0:\nnonroot:x:65532:\n' },
    { path: '/home/nonroot', directory: true, uid: 65532, gid: 65532, mode: 0o700 },
    { path: '/tmp', directory: true, mode: 0o1777 },
  ];
}
