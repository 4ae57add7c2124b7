const emptyPage = '{"object":"list","data":[],"first_id":null,"last_id":null,"has_more":false}'

/** A reply for strict generated clients, which refuse null there: an empty page has `""` for its first and last id. */
export function withEmptyIds(reply: string): string {
  return reply === emptyPage ? emptyPage.replaceAll('null', '""') : reply
}
