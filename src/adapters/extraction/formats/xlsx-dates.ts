import { attribute } from './elements.ts'
import type { OfficePackage } from './office-package.ts'

const day = 86_400_000

/** Which cell styles show their number as a date or a time. */
export async function readDateStyles(office: OfficePackage, part: string): Promise<ReadonlySet<number>> {
  const dateFormats = new Set<number>()
  const dateStyles = new Set<number>()
  let styles = 0
  let inCellStyles = false
  await office.read(part, {
    open(name, attributes) {
      const format = Number(attribute(attributes, 'numFmtId'))
      if (name === 'numFmt' && isDateFormat(attribute(attributes, 'formatCode') ?? '')) dateFormats.add(format)
      else if (name === 'cellXfs') inCellStyles = true
      else if (name === 'xf' && inCellStyles) {
        if (isBuiltInDate(format) || dateFormats.has(format)) dateStyles.add(styles)
        styles += 1
      }
    },
    close(name) {
      if (name === 'cellXfs') inCellStyles = false
    },
  })
  return dateStyles
}

/** ISO 8601; a time alone where there is no day. Undefined for what is no date. */
export function dateOf(serial: number, from1904: boolean): string | undefined {
  const epoch = from1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, 30) // as if 1900 had been a leap year
  const date = new Date(Math.round((epoch + serial * day) / 1000) * 1000)
  if (serial < 0 || Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999) return undefined
  const [on = '', at = ''] = date.toISOString().slice(0, 19).split('T')
  if (serial < 1) return at
  return serial % 1 === 0 ? on : `${on} ${at}`
}

/** Numbers of formats that every workbook knows; from 27 on they are East Asian. */
function isBuiltInDate(format: number): boolean {
  return [
    [14, 22],
    [27, 36],
    [45, 47],
    [50, 58],
  ].some(([first = 0, last = 0]) => format >= first && format <= last)
}

/** A letter of year, month, day, hour or second that is not quoted, escaped or in brackets. */
function isDateFormat(code: string): boolean {
  return /[ymdhs]/i.test(code.slice(0, 200).replace(/"[^"]*"|\\.|\[[^\]]*\]|general/gi, ''))
}
