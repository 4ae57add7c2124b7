import type { Attempt } from '../attempt.ts'
import { prints, refused } from '../judges.ts'

export const network: readonly Attempt[] = [
  {
    name: 'TCP to the host',
    tries: "connects to listeners on the host's 127.0.0.1 and ::1 and on its own addresses",
    gentle: true,
    code: `
for family, address, port in HOST['tcp']:
    attempt(address, lambda: greet(family, socket.SOCK_STREAM, (address, port)))
`,
    holds: refused,
  },
  {
    name: 'UDP to the host',
    tries: 'sends datagrams to listeners on the host and waits for what they answer',
    gentle: true,
    code: `
for family, address, port in HOST['udp']:
    attempt(address, lambda: greet(family, socket.SOCK_DGRAM, (address, port)))
`,
    holds: refused,
  },
  {
    name: "a host's socket file",
    tries: 'connects to a Unix socket that everybody on the host may write to',
    gentle: true,
    code: `
for path in (HOST['socketFile'], '/proc/1/root' + HOST['socketFile'], '/run/docker.sock', '/var/run/docker.sock', '/run/dbus/system_bus_socket'):
    attempt(path, lambda: greet(socket.AF_UNIX, socket.SOCK_STREAM, path))
`,
    holds: refused,
  },
  {
    name: "a host's abstract socket",
    tries: 'connects to a Unix socket that has a name and no file',
    gentle: true,
    code: String.raw`
name = '\0' + HOST['abstractSocket']
attempt('stream', lambda: greet(socket.AF_UNIX, socket.SOCK_STREAM, name))
attempt('datagram', lambda: greet(socket.AF_UNIX, socket.SOCK_DGRAM, name))
`,
    holds: refused,
  },
  {
    name: 'every family of sockets',
    tries: 'opens sockets of all 46 families (inet, inet6, netlink, packet, vsock, alg, xdp, …) and six types',
    gentle: true,
    code: `
made = set()
for family in range(46):
    for kind in (1, 2, 3, 4, 5, 10):
        try:
            socket.socket(family, kind).close()
            made.add(family)
        except OSError:
            pass
print('beyond local ones:', sorted(made - {socket.AF_UNIX}))
`,
    holds: prints('beyond local ones: []'),
    otherwise: {
      gvisor: {
        promises: "gVisor's own inet, inet6 and netlink sockets, with nothing behind them",
        holds: prints('beyond local ones: [2, 10, 16]'),
      },
    },
  },
  {
    name: 'names',
    tries: 'asks the name service for names and addresses outside',
    gentle: true,
    code: `
for name in ('example.com', 'metadata.google.internal', 'host.docker.internal'):
    attempt(name, lambda: socket.getaddrinfo(name, 80))
`,
    holds: refused,
  },
  {
    name: 'cloud metadata',
    tries: 'connects to 169.254.169.254 and other addresses where clouds hand out credentials',
    gentle: true,
    code: `
for address in ('169.254.169.254', '169.254.170.2', '100.100.100.200', '10.0.2.2', '172.17.0.1', '192.168.1.1'):
    attempt(address, lambda: greet(socket.AF_INET, socket.SOCK_STREAM, (address, 80)))
`,
    holds: refused,
  },
  {
    name: 'what the network looks like',
    tries: 'reads interfaces, open ports and sockets of the host from `/proc/net` and `/sys/class/net`',
    gentle: true,
    code: `
names, text = set(), ''
try:
    names |= {name for _, name in socket.if_nameindex()}
except OSError:
    pass
for path in ('/sys/class/net', '/proc/sys/net/ipv4/conf'):
    try:
        names |= set(os.listdir(path))
    except OSError:
        pass
for name in ('tcp', 'tcp6', 'udp', 'udp6', 'unix', 'packet', 'netlink', 'route', 'arp', 'dev', 'fib_trie'):
    try:
        text += first_bytes('/proc/net/' + name).decode()
        text += open('/proc/net/' + name).read()
    except OSError:
        pass
print('interfaces', sorted(name for name in HOST['interfaces'] if name in names or f'{name}:' in text))
print('ports', sorted(port for _, _, port in HOST['tcp'] + HOST['udp'] if ':%04X ' % port in text))
print('sockets', HOST['abstractSocket'] in text or HOST['socketFile'] in text)
`,
    holds: prints('interfaces []\nports []\nsockets False'),
  },
]
