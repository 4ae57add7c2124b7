/** The architectures we have numbers for, by Node's names. */
export type Architecture = 'x64' | 'arm64'

/** What the kernel calls them: `AUDIT_ARCH_X86_64`, `AUDIT_ARCH_AARCH64`. */
export const auditArchitecture: Record<Architecture, number> = { x64: 0xc000003e, arm64: 0xc00000b7 }

/** Where a system call is at home: its number on x86-64 and on arm64; null where there is no such call. */
type Numbers = readonly [x64: number | null, arm64: number | null]

/** Refused as not permitted: what reaches other processes, mounts, namespaces, the kernel's state or its clock. */
export const forbiddenCalls = {
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  process_mrelease: [448, 448],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  fanotify_init: [300, 262],
  setns: [308, 268],
  unshare: [272, 97],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  acct: [163, 89],
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  create_module: [174, null],
  get_kernel_syms: [177, null],
  query_module: [178, null],
  syslog: [103, 116],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  adjtimex: [159, 171],
  clock_adjtime: [305, 266],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  vhangup: [153, 58],
  lookup_dcookie: [212, 18],
  nfsservctl: [180, 42],
  sched_setaffinity: [203, 122],
  migrate_pages: [256, 238],
  move_pages: [279, 239],
  iopl: [172, null],
  ioperm: [173, null],
  modify_ldt: [154, null],
  uselib: [134, null],
  ustat: [136, null],
  sysfs: [139, null],
  _sysctl: [156, null],
} as const satisfies Record<string, Numbers>

/**
 * Said not to exist, so that libraries do without: io_uring and native asynchronous reading, whose work no filter sees;
 * `clone3`, whose flags lie in memory, where none can look (libraries fall back to `clone`); and memory that outlives its
 * mapping or belongs to no process, which nobody could count: memfd and everything of System V.
 */
export const absentCalls = {
  clone3: [435, 435],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  io_setup: [206, 0],
  io_destroy: [207, 1],
  io_submit: [209, 2],
  io_cancel: [210, 3],
  io_getevents: [208, 4],
  io_pgetevents: [333, 292],
  memfd_create: [319, 279],
  memfd_secret: [447, 447],
  shmget: [29, 194],
  msgget: [68, 186],
  semget: [64, 190],
} as const satisfies Record<string, Numbers>

/** Allowed or not by their arguments. */
export const examinedCalls = {
  socket: [41, 198],
  socketpair: [53, 199],
  clone: [56, 220],
  personality: [135, 92],
  ioctl: [16, 29],
} as const satisfies Record<string, Numbers>

/** The newest call that was looked at (`futex_requeue`): those above it are said not to exist. Alike on both. */
export const newestCall = 456

export function numberOf(call: Numbers, architecture: Architecture): number | null {
  return call[architecture === 'x64' ? 0 : 1]
}
