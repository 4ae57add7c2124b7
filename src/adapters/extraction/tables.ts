interface Table {
  /** What its columns are, once a part of it is written: each further part repeats it. */
  header: readonly string[] | undefined
  rows: string[][]
  row: string[] | undefined
  cell: string[] | undefined
  /** It only arranges other things on the page: what it holds is passed on as if it were not there. */
  isLayout: boolean
}

/** So many rows are written together, so that a part of a long table still says what its columns are. */
const rowsTogether = 50

/**
 * Gathers tables and writes each as Markdown, its first row as the header. A table that holds headings or other tables,
 * or that has one column, only arranges them: its cells are written one after the other.
 */
export function createTables(write: (block: string) => void) {
  const open: Table[] = []

  /** Into the cell that is open, or straight through. */
  function block(text: string): void {
    const table = open.at(-1)
    if (!table || table.isLayout) write(text)
    else if (table.cell) table.cell.push(text)
    else table.rows.push([text]) // a caption, or text that has lost its way
  }

  /** No open table is one any more. */
  function dissolve(): void {
    for (const table of open) {
      if (table.isLayout) continue
      finishRow(table)
      for (const cell of table.rows.splice(0).flat()) if (cell !== '') write(cell)
      table.isLayout = true
    }
  }

  function openTable(): void {
    dissolve()
    open.push({ header: undefined, rows: [], row: undefined, cell: undefined, isLayout: false })
  }

  function openRow(): void {
    const table = open.at(-1)
    if (!table) return
    finishRow(table)
    table.row = []
  }

  function openCell(): void {
    const table = open.at(-1)
    if (!table) return
    finishCell(table)
    table.row ??= []
    table.cell = []
  }

  function closeRow(): void {
    const table = open.at(-1)
    if (!table) return
    finishRow(table)
    if (table.rows.length > rowsTogether) writeRows(table)
  }

  function closeTable(): void {
    const table = open.pop()
    if (!table) return
    finishRow(table)
    writeRows(table)
  }

  function writeRows(table: Table): void {
    const rows = table.rows.splice(0)
    const [first = []] = rows
    if (rows.every((row) => row.length < 2)) {
      for (const cell of rows.flat()) write(cell)
    } else if (table.header) write(markdownTable(table.header, rows))
    else {
      table.header = first
      write(markdownTable(first, rows.slice(1)))
    }
  }

  return {
    block,
    dissolve,
    isGathering: () => open.at(-1)?.isLayout === false,
    edges: { openTable, openRow, openCell, closeCell: () => finishCell(open.at(-1)), closeRow, closeTable },
  }
}

function finishCell(table: Table | undefined): void {
  if (!table?.cell) return
  if (!table.isLayout) table.row?.push(table.cell.join('\n'))
  table.cell = undefined
}

function finishRow(table: Table): void {
  finishCell(table)
  if (table.row?.some((cell) => cell !== '')) table.rows.push(table.row)
  table.row = undefined
}

function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [markdownRow(header), `|${' --- |'.repeat(header.length)}`, ...rows.map(markdownRow)].join('\n')
}

function markdownRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replace(/\s+/g, ' ').replaceAll('|', '\\|')).join(' | ')} |`
}
