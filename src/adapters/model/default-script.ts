/**
 * What the scripted model says when nobody gave it a script: enough for a demonstration and for trying a client out.
 * It is read like any other script.
 */
export const defaultScript = String.raw`
models: [scripted, gpt-4o, gpt-4o-mini]
rules:
  # The request insists on a call.
  - match: { tool_required: true }
    reply:
      tool_calls: [{ name: '{{tool}}' }]

  # "What is the weather in Lucerne and in Bern?": two calls at once.
  - match:
      user_message: /weather (?:in|at|for) ([\p{L}\- ]+?) and (?:in |at |for )?([\p{L}\- ]+)/iu
      tool_offered: weather
    reply:
      tool_calls:
        - { name: '{{tool}}', arguments: { location: $1 } }
        - { name: '{{tool}}', arguments: { location: $2 } }

  # "What is the weather in Lucerne?"
  - match:
      user_message: /weather (?:(?:like )?(?:today )?(?:in|at|for)) ([\p{L}\- ]+)/iu
      tool_offered: weather
    reply:
      tool_calls: [{ name: '{{tool}}' }]

  - match: { user_message: weather, tool_offered: weather }
    reply:
      tool_calls: [{ name: '{{tool}}' }]

  # A function of the assistant is called by its name: "Please run look up order."
  - match: { user_message: /./s, tool_named: true }
    reply:
      tool_calls: [{ name: '{{tool}}' }]

  - match: { after_tool_output: true }
    reply: |-
      Here is what I found out:
      {{tool_outputs}}

  - match: /\b(hello|hi|hey|good (morning|day|evening))\b/i
    reply: >-
      Hello! I am the scripted model: I answer by rules, without a language model and without costs.
      Ask me about the weather, or name one of your functions, and I will call it.

  - match: /^\s*(count|write|tell)\b.*\b(story|long|words?)\b/i
    reply:
      text: 'Once upon a time there was a run that went through all of its steps. '
      repeat: 20

  - reply: >-
      You said: {{last_user_message}} I am the scripted model, so this is all I know about it. Configure an upstream to
      talk to a real one.
`
