/** What we need of a logger; pino's has it. Fields carry the facts, the message is a constant. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
