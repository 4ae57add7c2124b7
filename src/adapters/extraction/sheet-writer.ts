import type { Prose } from './prose.ts'

/** Writes rows of a sheet as tables under its name. An empty row ends a table: below it another may begin. */
export function createSheetWriter(prose: Prose, name: string) {
  let isOpen = false
  prose.heading(1, name)

  function row(cells: readonly string[]): void {
    const filled = cells.slice(0, cells.findLastIndex((cell) => cell.trim() !== '') + 1)
    if (filled.length === 0) {
      end()
      return
    }
    if (!isOpen) prose.openTable()
    isOpen = true
    prose.openRow()
    for (const cell of filled) {
      prose.openCell()
      prose.paragraph(cell)
      prose.closeCell()
    }
    prose.closeRow()
  }

  function end(): void {
    if (isOpen) prose.closeTable()
    isOpen = false
  }
  return { row, end }
}
