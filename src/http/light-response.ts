import { getRequestListener } from '@hono/node-server'

/**
 * The `Response` that the Node adapter writes out as it is, text and plain headers, where the built-in one has to be
 * turned into streams and `Headers` first; that more than doubles the CPU time of a small reply. The adapter offers it
 * by replacing the globals, which a library should not do to its host: it is taken here, and the globals put back.
 */
export const LightResponse: typeof Response = takeLightResponse()

function takeLightResponse(): typeof Response {
  const names = ['Request', 'Response'] as const
  const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name))
  try {
    getRequestListener(() => Response.error(), { overrideGlobalObjects: true })
    return globalThis.Response
  } finally {
    for (const [place, name] of names.entries()) Object.defineProperty(globalThis, name, before[place] ?? {})
  }
}
