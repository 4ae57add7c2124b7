/** Whether an error says that there was no memory left, which libraries like to wrap in errors of their own. */
export function isOutOfMemory(error: Error): boolean {
  return tellsOutOfMemory(error.message)
}

/** In the words of V8, Node or the C++ library, whichever gave out first. */
export function tellsOutOfMemory(text: string): boolean {
  return /out of memory|allocation failed|failed to allocate|Invalid (?:string|array|typed array) length|longer than 0x|bad_alloc/i.test(
    text,
  )
}
