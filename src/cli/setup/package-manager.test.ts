import { expect, test } from 'vitest'
import { distributionOf } from './package-manager.ts'

test.each([
  ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n', 'Debian GNU/Linux 12 (bookworm)', 'apt'],
  ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nPRETTY_NAME="Ubuntu 24.04.1 LTS"\n', 'Ubuntu 24.04.1 LTS', 'apt'],
  ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', 'linuxmint', 'apt'],
  ['ID=fedora\nPRETTY_NAME="Fedora Linux 43 (Server Edition)"\n', 'Fedora Linux 43 (Server Edition)', 'dnf'],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"\nPRETTY_NAME="Rocky Linux 10"\n', 'Rocky Linux 10', 'dnf'],
  ["ID='arch'\nPRETTY_NAME='Arch Linux'\n", 'Arch Linux', 'pacman'],
  ['ID=alpine\nPRETTY_NAME="Alpine Linux v3.22"\n', 'Alpine Linux v3.22', 'apk'],
  ['ID=nixos\nPRETTY_NAME="NixOS 25.05"\n', 'NixOS 25.05', null],
  ['', 'this system', null],
])('%j', (osRelease, name, manager) => {
  expect(distributionOf(osRelease)).toEqual({ name, manager })
})
