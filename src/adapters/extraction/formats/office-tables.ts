import type { Prose } from '../prose.ts'

/** Rows and cells are named alike in Word and PowerPoint. */
export function openTablePart(prose: Prose, name: string): void {
  if (name === 'tbl') prose.openTable()
  else if (name === 'tr') prose.openRow()
  else if (name === 'tc') prose.openCell()
}

export function closeTablePart(prose: Prose, name: string): void {
  if (name === 'tc') prose.closeCell()
  else if (name === 'tr') prose.closeRow()
  else if (name === 'tbl') prose.closeTable()
}
