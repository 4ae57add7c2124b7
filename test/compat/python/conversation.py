"""What every run needs."""

TOOLS = [
    {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}},
    {"type": "function", "function": {"name": "get_time"}},
]


def tools_of(code):
    return [*TOOLS, {"type": "code_interpreter"}] if code else TOOLS


def open_conversation(client, content, code=False):
    assistant = client.beta.assistants.create(model="gpt-4o", tools=tools_of(code))
    thread = client.beta.threads.create(messages=[{"role": "user", "content": content}])
    return assistant, thread


def outputs_for(run):
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": f"{call.function.name}: sunny"} for call in calls]
