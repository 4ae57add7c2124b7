import type { Attempt } from '../attempt.ts'
import { all, ends, sessionLives, stoppedInTime } from '../judges.ts'

const interrupted = all(ends(['timeout']), sessionLives, stoppedInTime)

export const delays: readonly Attempt[] = [
  { name: 'an endless loop', tries: 'computes for ever', code: 'while True: pass', holds: interrupted },
  { name: 'a long sleep', tries: 'sleeps for a day', code: 'time.sleep(86400)', holds: interrupted },
  {
    name: 'a program that does not end',
    tries: 'waits for a program that waits for ever, and for a lock that nobody releases',
    code: "subprocess.run(['sleep', '86400'])",
    holds: interrupted,
  },
  {
    name: 'a loop that catches interrupts',
    tries: 'goes on whatever is raised',
    code: `
while True:
    try:
        while True: pass
    except BaseException:
        pass
`,
    holds: stoppedInTime,
  },
  {
    name: 'signals ignored',
    tries: 'ignores and blocks every signal, and then computes for ever',
    code: `
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True: pass
`,
    holds: stoppedInTime,
  },
  {
    name: 'a call that holds the interpreter',
    tries: 'loops inside C for ever and lets no other thread run, so that the driver cannot hear',
    code: 'import collections, itertools\ncollections.deque(itertools.repeat(0), maxlen=0)',
    holds: stoppedInTime,
  },
  {
    name: 'a process that is stopped',
    tries: 'stops itself with SIGSTOP, so that it neither works nor ends',
    code: 'os.kill(os.getpid(), signal.SIGSTOP)',
    holds: stoppedInTime,
  },
  {
    name: 'an exit that hangs',
    tries: 'raises SystemExit with handlers at the exit and threads that never end',
    code: `
import atexit
atexit.register(lambda: time.sleep(86400))
threading.Thread(target=lambda: time.sleep(86400)).start()
class Slow:
    def __del__(self): time.sleep(86400)
slow = Slow()
sys.exit(1)
`,
    holds: all(ends(['raised', 'completed', 'session'], ['exited', 'unresponsive'])),
  },
]
