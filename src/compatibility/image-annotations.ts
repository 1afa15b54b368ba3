/**
 * Names of annotations that only describe an image. Podman hands the annotations of an image to the runtime, and others
 * are orders there: `run.oci.*` to crun, `dev.gvisor.*` to runsc, `org.systemd.property.*` to whoever makes the cgroup.
 */
const plainPrefixes = [
  'org.opencontainers.image.',
  'org.label-schema.',
  'io.buildah.',
  'com.docker.official-images.',
  'com.github.',
];

/** Whether an annotation of this name changes nothing about a container. */
export function isPlainAnnotation(name: string): boolean {
  return plainPrefixes.some((prefix) => name.startsWith(prefix));
}
