import type { Prose } from '../prose.ts'
import { type Attributes, attribute } from './elements.ts'

/** Passes on where tables, rows and cells begin and end. Answers whether the element was one of these. */
export function tableEdge(prose: Prose, name: string, edge: 'open' | 'close'): boolean {
  switch (name) {
    case 'table':
      prose[`${edge}Table`]()
      return true
    case 'table-row':
      prose[`${edge}Row`]()
      return true
    case 'table-cell':
    case 'covered-table-cell':
      prose[`${edge}Cell`]()
      return true
    default:
      return false
  }
}

/** What an element stands for that is a character; empty for all others. */
export function characterOf(name: string, attributes: Attributes): string {
  if (name === 's') return ' '.repeat(repeated(attribute(attributes, 'c')))
  if (name === 'tab') return '\t'
  return name === 'line-break' ? '\n' : ''
}

/** How often something stands there. Sheets fill the rest of themselves with one cell repeated a million times. */
export function repeated(attribute: string | undefined): number {
  return Math.min(Math.max(Number(attribute ?? 1) || 1, 1), 100)
}
