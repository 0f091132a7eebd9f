/** A folder or file of this machine that a container sees at `target`. */
export interface Mount {
  readonly source: string;
  /** Absolute path in the container. */
  readonly target: string;
  readonly readOnly: boolean;
}

/** What a container's root is made of. */
export interface RootPlan {
  /** An empty folder: the container's root is built there, seen by nobody else. */
  readonly root: string;
  readonly mounts: readonly Mount[];
  readonly uid: number;
  readonly gid: number;
  /** Further groups of the container's processes. */
  readonly groups: readonly number[];
  readonly workdir: string;
}

const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/**
 * A script for root, in namespaces of its own for mounts and processes: builds the root of a container from this
 * machine's programs and the container's own mounts, drops every privilege, and becomes the command that it is given.
 * Nothing else of this machine's files is in the container. The root is read-only, as every session's should be.
 */
export function rootScript(plan: RootPlan): string {
  const root = quote(plan.root);
  const mounts = plan.mounts.toSorted((a, b) => a.target.length - b.target.length);
  return [
    "set -e",
    `/bin/mount -t tmpfs -o mode=755 tmpfs ${root}`,
    `cd ${root}`,
    "/bin/mkdir -p usr etc dev proc sys tmp run home",
    // Links where /usr holds everything, folders where it does not.
    "for name in bin sbin lib lib64; do",
    '  if [ -L "/$name" ]; then /bin/cp -P "/$name" "$name"',
    '  elif [ -d "/$name" ]; then /bin/mkdir "$name"; /bin/mount -o bind,ro "/$name" "$name"; fi',
    "done",
    "/bin/mount -o bind,ro /usr usr",
    "/bin/mount -o bind,ro /etc etc",
    "/bin/mount -o bind,ro /sys sys",
    "/bin/mount --rbind /dev dev",
    // Of the new namespace of processes.
    "/bin/mount -t proc proc proc",
    ...mounts.flatMap(mountLines),
    "/bin/mount -o remount,ro .",
    `exec /usr/sbin/chroot . ${becoming(plan)} "$@"`,
    "",
  ].join("\n");
}

function mountLines({ source, target, readOnly }: Mount): string[] {
  const [from, to] = [quote(source), quote(`.${target}`)];
  return [
    `if [ -d ${from} ]; then /bin/mkdir -p ${to}; else /bin/mkdir -p "$(dirname ${to})"; [ -e ${to} ] || : >${to}; fi`,
    `/bin/mount -o bind${readOnly ? ",ro" : ""} ${from} ${to}`,
  ];
}

/** The words before a command that make it the container's user's, without capabilities. */
export const dropPrivileges = ({ uid, gid, groups, workdir }: Omit<RootPlan, "root" | "mounts">): string[] => [
  "/usr/bin/setpriv",
  `--reuid=${uid}`,
  `--regid=${gid}`,
  groups.length === 0 ? "--clear-groups" : `--groups=${groups.join(",")}`,
  "--no-new-privs",
  "--inh-caps=-all",
  "--bounding-set=-all",
  "--",
  "/usr/bin/env",
  `--chdir=${workdir}`,
];

const becoming = (plan: RootPlan): string => dropPrivileges(plan).map(quote).join(" ");
