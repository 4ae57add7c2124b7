/** The time in whole Unix seconds, as the API counts it. Handed to whoever needs it, so that tests can choose it. */
export type Now = () => number

export function now(): number {
  return Math.floor(Date.now() / 1000)
}
