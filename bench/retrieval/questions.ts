/** Something a reader might ask, and the words of the document that answer it. */
export interface Question {
  readonly document: string
  readonly text: string
  readonly passage: string
}

/** Asked in other words than the passage uses, where the subject allows it; passages are quoted from Debian 12. */
export const questions: readonly Question[] = [
  ...about('GPL-3', [
    [
      'I break the GPL by accident and fix it soon after being told for the first time: do I get my rights back for good?',
      'is reinstated permanently if the copyright holder notifies you of the violation',
    ],
    [
      'Must a maker of locked consumer devices hand out signing keys so that owners can run changed firmware?',
      'any methods, procedures, authorization keys, or other information required to install and execute modified versions',
    ],
    [
      'Can GPL code be used as DRM that is protected by anti-circumvention law?',
      'No covered work shall be deemed part of an effective technological measure',
    ],
    [
      'Which libraries of the operating system need not be shipped as source?',
      'is included in the normal form of packaging a Major Component',
    ],
  ]),
  ...about('GPL-2', [
    [
      'How many years must a promise to supply source code last?',
      'Accompany it with a written offer, valid for at least three years',
    ],
    [
      'Does putting unrelated software on the same CD make it fall under the licence?',
      'mere aggregation of another work not based on the Program',
    ],
    [
      'A judge imposes terms that conflict with the licence: may I still distribute?',
      'If, as a consequence of a court judgment or allegation of patent infringement',
    ],
    ['May I ask money for copying the disks?', 'You may charge a fee for the physical act of transferring a copy'],
  ]),
  ...about('Apache-2.0', [
    [
      'What happens when I sue somebody over patents in the work?',
      'If You institute patent litigation against any entity',
    ],
    [
      "May I use the project's logo and name for my product?",
      'does not grant permission to use the trade names, trademarks, service marks',
    ],
    [
      'Under which terms are pull requests that I send in, if I say nothing?',
      'Unless You explicitly state otherwise, any Contribution intentionally submitted for inclusion',
    ],
  ]),
  ...about('LGPL-2.1', [
    [
      'Is an application that only links with the library a derivative work?',
      'A program that contains no derivative of any portion of the Library, but is designed to work with the Library',
    ],
    [
      'Can I switch a copy from the lesser licence to the ordinary GPL?',
      'You may opt to apply the terms of the ordinary GNU General Public License instead',
    ],
    [
      'How long may inlined header functions be before the object file is affected?',
      'small inline functions (ten lines or less in length)',
    ],
  ]),
  ...about('MPL-2.0', [
    [
      'Where must lawsuits about the Mozilla licence be filed?',
      'may be brought only in the courts of a jurisdiction where the defendant maintains its principal place of business',
    ],
    [
      'After how many days of compliance are grants restored?',
      'prior to 60 days after You have come back into compliance',
    ],
  ]),
  ...about('GFDL-1.3', [
    [
      'From how many printed copies on do I have to print the cover texts?',
      "numbering more than 100, and the Document's license notice requires Cover Texts",
    ],
    [
      'Is a public wiki covered by special relicensing rules?',
      'any World Wide Web server that publishes copyrightable works and also provides prominent facilities',
    ],
    [
      'Which file formats count as open enough to be edited by anybody?',
      'represented in a format whose specification is available to the general public',
    ],
  ]),
  ...about('CC0-1.0', [
    [
      'Does a public domain dedication give up my patents?',
      'No trademark or patent rights held by Affirmer are waived',
    ],
  ]),
  ...about('Artistic', [
    [
      'May the package be sold, or only copied for a fee?',
      'You may charge a reasonable copying fee for any distribution of this Package',
    ],
  ]),
  ...about('bash', [
    [
      'keep commands that start with a blank out of the shell history',
      'lines which begin with a space character are not saved in the history list',
    ],
    [
      'log me out automatically when I do not type anything at the prompt',
      'the value is interpreted as the number of seconds to wait for a line of input after issuing the primary prompt',
    ],
    [
      'protect existing files from being overwritten by output redirection',
      'the redirection will fail if the file whose name results from the expansion of word exists and is a regular file',
    ],
    [
      'match files in all subdirectories with two asterisks',
      'two adjacent *s used as a single pattern will match all files and zero or more directories',
    ],
    [
      'Which characters separate words after expansion by default?',
      'The Internal Field Separator that is used for word splitting after expansion',
    ],
    [
      'Which variable says how many old commands are remembered, and how many is that normally?',
      'The value of the HISTSIZE variable is used as the number of commands to save in a history list',
    ],
  ]),
  ...about('tar', [
    [
      'back up only what changed since the last archive',
      'where tar stores additional information which is used to decide which files changed since the previous incremental dump',
    ],
    [
      'archive database files with holes without wasting space',
      'Some files in the file system may have segments which were actually never written',
    ],
    ['leave out .git and .svn folders', 'Exclude version control system directories'],
    [
      'restore files with the owner recorded in the archive',
      'Try extracting files with the same ownership as exists in the archive',
    ],
  ]),
  ...about('grep', [
    ['stop searching after the first few hits in a file', 'Stop reading a file after NUM matching lines'],
    ['show just the part of the line that matched', 'with each such part on a separate output line'],
    [
      'find out whether a pattern occurs without any output',
      'Exit immediately with zero status if any match is found, even if an error was detected',
    ],
  ]),
  ...about('find', [
    [
      'Which actions turn off the automatic printing of names?',
      'Actions which inhibit the default -print are -delete, -exec, -execdir',
    ],
    [
      'process the contents of a folder before the folder itself',
      "Process each directory's contents before the directory itself",
    ],
  ]),
  ...about('xargs', [
    ['run several processes in parallel', 'If max-procs is 0, xargs will run as many processes as possible at a time'],
    [
      'do not start the command at all when nothing comes in',
      'If the standard input does not contain any nonblanks, do not run the command',
    ],
  ]),
  ...about('gzip', [
    [
      'compressed archives that transfer quickly when only a few files in them changed',
      'allows rsync to transfer only files that were changed in the archive instead of the entire archive',
    ],
    ['Which compression level is used when none is given?', 'The default compression level is -6'],
    [
      'unpack several compressed files that were joined together',
      'In this case, gunzip will extract all members at once',
    ],
  ]),
  ...about('make', [
    [
      'build as much as possible although one target is broken',
      'the other dependencies of these targets can be processed all the same',
    ],
    ['how many recipes run at the same time', 'Specifies the number of jobs (commands) to run simultaneously'],
  ]),
  ...about('curl', [
    [
      'ask the server for gzip and unpack the answer',
      'Request a compressed response using one of the algorithms curl supports',
    ],
    [
      'exit with an error for HTTP 404 but still keep the body',
      'which makes curl fail for the same circumstances but without saving the content',
    ],
  ]),
  ...about('git-rebase', [
    [
      'move a topic branch from one base to another',
      'to pretend that you forked the topic branch from the latter branch',
    ],
    [
      'How do I find the branch tip as it was before?',
      'ORIG_HEAD is set to point at the tip of the branch before the reset',
    ],
    ['drop two flawed commits in the middle of a branch', 'This is useful if F and G were flawed in some way'],
  ]),
  ...about('less', [
    [
      'do not page when the text is short',
      'automatically exit if the entire file can be displayed on the first screen',
    ],
    [
      'cut lines that are wider than the terminal',
      'Causes lines longer than the screen width to be chopped (truncated) rather than wrapped',
    ],
    ['show colours instead of escape codes', 'Like -r, but only ANSI "color" escape sequences'],
  ]),
  ...about('sed', [
    [
      'treat several input files one by one',
      'consider files as separate rather than as a single, continuous long stream',
    ],
  ]),
  ...about('bzip2', [
    [
      'rescue data from a damaged archive',
      'whose purpose is to search for blocks in .bz2 files, and write each block out into its own .bz2 file',
    ],
  ]),
  ...about('nettle', [
    [
      'RC4 gives away something about the key at its start: what should be done?',
      'it is recommended to discard the first 512 bytes of the key stream',
    ],
    [
      'Why is a random generator for simulations not good enough for secrets?',
      "It's too easy for an attacker to guess the initial seed",
    ],
    [
      'May broken digests such as MD5 still be used for anything?',
      'These hash functions are mainly useful for compatibility with old applications and protocols',
    ],
  ]),
  ...about('fontconfig', [
    [
      'Why do I always get some typeface back, even if nothing similar is installed?',
      "This ensures that a font will always be returned, but doesn't ensure that it is anything like the requested pattern",
    ],
    [
      'find out what goes wrong when typefaces are chosen',
      'It is controlled by means of the FC_DEBUG environment variable',
    ],
    [
      'special characters in the name of a typeface',
      'stripped out of the family name and values as the font name is read',
    ],
  ]),
  ...about('mime-info', [
    ['Which rule wins for a file with two extensions?', 'MUST match the longest sequence of extensions'],
    [
      'Does upper or lower case of a file name matter for its type?',
      'Applications MUST match globs case-insensitively, except when the case-sensitive attribute is set to true',
    ],
    [
      'Is it remembered there which program I like to open a file with?',
      "does NOT store user preferences (such as a user's preferred application for handling files of a particular type)",
    ],
  ]),
  ...about('crc', [
    [
      'How fast is the new checksum method on current processors?',
      'on modern Intel and AMD processors in 1.2 CPU cycles per byte',
    ],
    [
      'Who first proposed these checksums, and when?',
      'Cyclic Redundancy Checks (CRCs) were proposed by Peterson and Brown',
    ],
    [
      'update a checksum when bytes in the middle are replaced',
      'Sometimes it is necessary to replace a part of message M (x) in-place and recompute CRC of modified message',
    ],
  ]),
  ...about('ninja', [
    [
      'why is it quicker than other build systems',
      'Ninja is faster than other build systems because it is painfully simple',
    ],
  ]),
]

function about(document: string, pairs: readonly (readonly [text: string, passage: string])[]): Question[] {
  return pairs.map(([text, passage]) => ({ document, text, passage }))
}
