import type { SandboxKind } from '../../ports/sandbox.ts'

/** What to do about a sandbox that does not start, in sentences; `reason` is what was found or what it said itself. */
export function adviceFor(kind: SandboxKind, reason: string): string {
  const known = advices.find(({ says }) => says.test(reason))
  return known?.advice ?? `Run \`reprise setup sandbox\` to see what ${kind} needs.`
}

const install = 'apt-get install bubblewrap python3 python3-numpy python3-pandas python3-matplotlib'

const advices = [
  {
    says: /needs Linux/,
    advice: 'It runs on Linux, on x86-64 or arm64; elsewhere install Docker and set REPRISE_SANDBOX=docker.',
  },
  {
    says: /(bubblewrap|setpriv|util-linux).* is not installed|There is no Python/,
    advice: `Install what it needs, on Debian or Ubuntu: \`${install}\`.`,
  },
  {
    says: /only its owner can look into/,
    advice: 'Put Python, or the virtual environment, where every user of this machine can read it, as below /opt.',
  },
  {
    says: /setpriv: /,
    advice:
      'The server runs as root without the right to become somebody else: give its container the capabilities SETUID, SETGID and SETPCAP, or run it as an ordinary user.',
  },
  {
    says: /Unknown option/,
    advice: 'Install bubblewrap 0.8 or newer, as Debian 12 and Ubuntu 24.04 have it.',
  },
  {
    // bubblewrap's words where a container's or AppArmor's rules forbid user namespaces.
    says: /namespace|uid map|Operation not permitted/i,
    advice:
      'This machine forbids user namespaces. In a container, allow them to it; on Ubuntu, give bwrap an AppArmor profile or run `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`. See docs/sandbox.md.',
  },
] as const
