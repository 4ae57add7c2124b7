import { Agent, createServer, request as requestUpstream } from 'node:http'
import { pipeline } from 'node:stream'
import { serve } from '../program.ts'

/**
 * Floor F2: a relay that understands nothing. Bytes from the upstream go to the client as they come.
 *
 *   node pipe.ts UPSTREAM-ORIGIN
 */
const upstream = process.argv[2] ?? ''
const agent = new Agent({ keepAlive: true })

serve(
  createServer((request, response) => {
    const { 'content-type': type = 'application/json', 'content-length': length } = request.headers
    const headers = { 'content-type': type, ...(length && { 'content-length': length }) }
    const outgoing = requestUpstream(
      `${upstream}${request.url}`,
      { method: request.method, headers, agent },
      (reply) => {
        response.writeHead(reply.statusCode ?? 502, { 'content-type': reply.headers['content-type'] })
        pipeline(reply, response, () => {})
      },
    )
    pipeline(request, outgoing, () => {})
  }),
)
