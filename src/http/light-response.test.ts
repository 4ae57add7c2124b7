import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { expect, test } from 'vitest'

test('the globals stay what they were', async () => {
  const before = [globalThis.Request, globalThis.Response]
  const { LightResponse } = await import('./light-response.ts')
  expect([globalThis.Request, globalThis.Response]).toEqual(before)
  expect(LightResponse).not.toBe(globalThis.Response)
})

test('it is a Response, to us and over the wire', async () => {
  const { LightResponse } = await import('./light-response.ts')
  const make = () => new LightResponse('hello', { status: 201, headers: { 'x-request-id': 'req_1' } })
  expect(make()).toBeInstanceOf(Response)
  expect(await make().text()).toBe('hello')

  const server = createServer(getRequestListener(make, { overrideGlobalObjects: false }))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  expect(response.status).toBe(201)
  expect(response.headers.get('x-request-id')).toBe('req_1')
  expect(response.headers.get('content-length')).toBe('5')
  expect(await response.text()).toBe('hello')
  server.close()
  server.closeAllConnections()
})
