import type { createApplication } from '../application.ts'

/**
 * The application as the HTTP floor sees it: one service per kind of object. Every function takes the project first,
 * answers the JSON text that is sent, and rejects with `ApiError` when the client is to hear about it.
 */
export type Services = ReturnType<typeof createApplication>['services']
