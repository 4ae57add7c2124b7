/** How deep arrays and objects may stand in each other: writing JSON that is deeper by far exhausts the stack. */
export const maxNesting = 256

/** Whether a JSON value is nested deeper than `maxNesting`, or than `levels`. */
export function isTooDeep(value: unknown, levels = maxNesting): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isTooDeep(inner, levels - 1))
}
