import { type Attributes, attribute } from './elements.ts'
import { type OfficePackage, valueIn } from './office-package.ts'

interface Style {
  level: number | undefined
  basedOn: string | undefined
}

/** Which styles are headings, and of which level; the title is 0. A style that says nothing is as the one it rests on. */
export async function readHeadingStyles(office: OfficePackage, part: string): Promise<ReadonlyMap<string, number>> {
  const styles = await readStyles(office, part)
  const levels = new Map<string, number>()
  for (const id of styles.keys()) {
    const level = levelOf(id)
    if (level !== undefined) levels.set(id, level)
  }
  return levels

  function levelOf(id: string): number | undefined {
    const seen = new Set<string>()
    for (let at: string | undefined = id; at !== undefined && !seen.has(at); at = styles.get(at)?.basedOn) {
      const level = styles.get(at)?.level
      if (level !== undefined) return level
      seen.add(at)
      if (seen.size > 20) return undefined
    }
    return undefined
  }
}

async function readStyles(office: OfficePackage, part: string): Promise<ReadonlyMap<string, Style>> {
  const styles = new Map<string, Style>()
  let style: Style | undefined
  await office.read(part, {
    open(name, attributes) {
      if (name === 'style') {
        style = { level: undefined, basedOn: undefined }
        styles.set(attribute(attributes, 'styleId') ?? '', style)
      } else if (!style) return
      else if (name === 'name') style.level = levelByName(valueIn(attributes) ?? '')
      else if (name === 'basedOn') style.basedOn = valueIn(attributes)
      else if (name === 'outlineLvl') style.level ??= outlineLevel(attributes)
    },
    close(name) {
      if (name === 'style') style = undefined
    },
  })
  return styles
}

/** Built-in styles have the same names in every language. */
function levelByName(name: string): number | undefined {
  if (/^title$/i.test(name)) return 0
  const level = /^heading ([1-9])$/i.exec(name)?.[1]
  return level === undefined ? undefined : Number(level)
}

/** Undefined for body text, which has the level 9. */
export function outlineLevel(attributes: Attributes): number | undefined {
  const level = Number(valueIn(attributes))
  return level >= 0 && level < 9 ? level + 1 : undefined
}
