"""Event handlers that write down all that the official client tells them."""

from openai import AssistantEventHandler, AsyncAssistantEventHandler


def written(delta):
    """What a delta adds to what the model writes: arguments of a function, or code."""
    if delta.type == "function":
        return delta.function.arguments or ""
    return delta.code_interpreter.input or ""


class Record:
    """What one stream told, as it came: the client goes on to change its own objects."""

    def __init__(self):
        self.events = []
        self.texts = []
        self.texts_done = []
        self.arguments = []
        self.messages_done = 0
        self.steps_done = 0
        self.ended = 0
        self.exceptions = []

    def leg(self, messages, steps):
        return {**vars(self), "final_messages": messages, "final_steps": steps}


class Recorder(AssistantEventHandler):
    def __init__(self, on_text=lambda text: None):
        super().__init__()
        self.record = Record()
        self.on_text = on_text

    def on_event(self, event):
        self.record.events.append(event.to_dict())

    def on_text_created(self, text):
        self.record.texts.append("")

    def on_text_delta(self, delta, snapshot):
        self.record.texts[-1] += delta.value or ""
        self.on_text(snapshot.value)

    def on_text_done(self, text):
        self.record.texts_done.append(text.value)

    def on_tool_call_created(self, tool_call):
        self.record.arguments.append("")

    def on_tool_call_delta(self, delta, snapshot):
        self.record.arguments[-1] += written(delta)

    def on_message_done(self, message):
        self.record.messages_done += 1

    def on_run_step_done(self, run_step):
        self.record.steps_done += 1

    def on_exception(self, exception):
        self.record.exceptions.append(str(exception))

    def on_end(self):
        self.record.ended += 1


class AsyncRecorder(AsyncAssistantEventHandler):
    def __init__(self):
        super().__init__()
        self.record = Record()

    async def on_event(self, event):
        self.record.events.append(event.to_dict())

    async def on_text_created(self, text):
        self.record.texts.append("")

    async def on_text_delta(self, delta, snapshot):
        self.record.texts[-1] += delta.value or ""

    async def on_text_done(self, text):
        self.record.texts_done.append(text.value)

    async def on_tool_call_created(self, tool_call):
        self.record.arguments.append("")

    async def on_tool_call_delta(self, delta, snapshot):
        self.record.arguments[-1] += written(delta)

    async def on_message_done(self, message):
        self.record.messages_done += 1

    async def on_run_step_done(self, run_step):
        self.record.steps_done += 1

    async def on_exception(self, exception):
        self.record.exceptions.append(str(exception))

    async def on_end(self):
        self.record.ended += 1
