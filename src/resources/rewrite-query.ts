const politeness = '(?:please|kindly|hi|hello|hey|thanks|(?:can|could|would|will) (?:you|we|i)|do you know)'
const asking =
  "(?:(?:tell|show|give|explain|describe)(?: to)?(?: me| us)?(?: about)?|find(?: out)?|search(?: for)?|look(?: up| for)?|i(?: want| need|'d like| would like) to know)"
const question =
  "(?:what|which|who|whom|whose|where|when|why|how(?: much| many| long| often)?)(?:'s|'re)?(?: (?:is|are|was|were|do|does|did|can|could|should|would|will|has|have|had))?(?: (?:i|we|you|it|there))?(?: to)?"
const opening = new RegExp(`^(?:${politeness}|${asking}|${question}|if|whether|the|an?|about)(?:[\\s,:]+|$)`, 'i')

/**
 * A question as what it asks for: `Could you tell me what the notice period is?` becomes `notice period is`. Cuts only
 * English openings and the punctuation at the end; every other word may be the one that matters. Deliberately no model:
 * it costs nothing, and says the same each time.
 */
export function rewriteQuery(query: string): string {
  const plain = query.trim().replace(/\s+/g, ' ').replaceAll('’', "'")
  let rest = plain.replace(/[\s?!.]+$/, '')
  for (let next = rest.replace(opening, ''); next !== rest; next = rest.replace(opening, '')) rest = next
  return rest === '' ? plain : rest
}
