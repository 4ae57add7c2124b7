/** Python that has a hand in everything that must go with its session, says so, and goes on for ever. */
export const busyCode = `
import os, signal, subprocess, tempfile, threading, time
for number in range(5):
    subprocess.Popen(['sleep', '1000'], start_new_session=True)
    threading.Thread(target=lambda: time.sleep(1000), daemon=True).start()
    open(f'{tempfile.gettempdir()}/{number}', 'w').write('x' * 100000)
if os.fork() == 0:
    os.setsid()
    for it in range(1, 65):
        try: signal.signal(it, signal.SIG_IGN)
        except (OSError, ValueError): pass
    while True: time.sleep(1)
print('ready', flush=True)
while True: pass`
