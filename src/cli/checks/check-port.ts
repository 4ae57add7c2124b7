import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Config } from '../../config.ts'
import { startFailure } from '../start-failure.ts'
import { type Finding, well, wrong } from './finding.ts'

const name = 'Address'

/** Whether the server could listen where it is told to. `inUse`: a server of ours has the database open already. */
export async function checkPort(config: Config, { inUse }: { inUse: boolean }): Promise<Finding> {
  const { host, port } = config
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
    server.close()
    if (inUse)
      return wrong(
        'Address',
        `${host}, port ${port} is free, but a server elsewhere uses the data folder`,
        'Stop that one before you start another.',
      )
    return well(name, port === 0 ? `${host}, a free port` : `${host}, port ${port}`)
  } catch (error) {
    if (inUse && isTaken(error))
      return well(name, `${host}, port ${port}, where a server of this data folder seems to listen`)
    return wrong(name, `${host}, port ${port}`, startFailure(error, config))
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}
