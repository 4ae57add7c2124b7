"""Plays the scenes of the Assistants API with the official client, and prints as JSON what it saw.

Reads from standard input: `base_url`, `scenarios` (each with its `name`, which is the user's message, by which the model
knows what to say, and whether its assistant has `code`), and `held`, a scenario with a `base_url` of its own, to be cancelled once its text is `text`.
"""

import asyncio
import json
import sys

from openai import AsyncOpenAI, OpenAI

from conversation import open_conversation, outputs_for, tools_of
from recorder import AsyncRecorder, Recorder
from resources import play_resources


def play(client, scenario, code=False, cancel_at=None):
    """Streams a run to its end, with as many rounds of tool outputs as it asks for."""
    assistant, thread = open_conversation(client, scenario, code)
    runs = client.beta.threads.runs
    legs = []

    def cancel(text):
        if text == cancel_at:
            runs.cancel(handler.current_run.id, thread_id=thread.id)

    handler = Recorder(cancel)
    with runs.stream(thread_id=thread.id, assistant_id=assistant.id, event_handler=handler) as stream:
        stream.until_done()
    legs.append(leg_of(handler))
    while handler.current_run.status == "requires_action":
        run, handler = handler.current_run, Recorder()
        with runs.submit_tool_outputs_stream(
            run_id=run.id, thread_id=thread.id, tool_outputs=outputs_for(run), event_handler=handler
        ) as stream:
            stream.until_done()
        legs.append(leg_of(handler))

    run = runs.retrieve(handler.get_final_run().id, thread_id=thread.id)
    return {
        "scenario": scenario,
        "legs": legs,
        "run": run.to_dict(),
        "steps": [step.to_dict() for step in runs.steps.list(run.id, thread_id=thread.id, order="asc")],
        "messages": [m.to_dict() for m in client.beta.threads.messages.list(thread.id, run_id=run.id, order="asc")],
    }


def leg_of(handler):
    names = [event["event"] for event in handler.record.events]
    messages = handler.get_final_messages() if "thread.message.created" in names else []
    steps = handler.get_final_run_steps() if "thread.run.step.created" in names else []
    return handler.record.leg([message.to_dict() for message in messages], [step.to_dict() for step in steps])


async def play_async(client, scenario, code):
    """The same with the asynchronous client."""
    assistant = await client.beta.assistants.create(model="gpt-4o", tools=tools_of(code))
    runs = client.beta.threads.runs
    legs = []
    handler = AsyncRecorder()
    async with client.beta.threads.create_and_run_stream(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": scenario}]}, event_handler=handler
    ) as stream:
        await stream.until_done()
    legs.append(handler.record.leg([], []))
    while handler.current_run.status == "requires_action":
        run, handler = handler.current_run, AsyncRecorder()
        async with runs.submit_tool_outputs_stream(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run), event_handler=handler
        ) as stream:
            await stream.until_done()
        legs.append(handler.record.leg([], []))
    run = await runs.retrieve(handler.current_run.id, thread_id=handler.current_run.thread_id)
    return {"scenario": scenario, "legs": legs, "run": run.to_dict()}


async def play_all_async(base_url, scenarios):
    async with AsyncOpenAI(base_url=base_url, api_key="sk-compat") as client:
        return await asyncio.gather(*(play_async(client, each["name"], each["code"]) for each in scenarios))


def text_deltas(client, scenario):
    """Without a handler: the text alone, then a stream that is left in the middle and whose run goes on."""
    assistant, thread = open_conversation(client, scenario)
    runs = client.beta.threads.runs
    with runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
        text = "".join(stream.text_deltas)
    assistant, thread = open_conversation(client, scenario)
    with runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
        for event in stream:
            if event.event == "thread.run.created":
                left = event.data
                break
    return {"text": text, "left": runs.poll(left.id, thread_id=thread.id).status}


def main():
    asked = json.load(sys.stdin)
    client = OpenAI(base_url=asked["base_url"], api_key="sk-compat")
    held = asked["held"]
    report = {
        "resources": play_resources(client),
        "streams": [play(client, each["name"], each["code"]) for each in asked["scenarios"]],
        "cancelled": play(
            OpenAI(base_url=held["base_url"], api_key="sk-compat"), held["scenario"], cancel_at=held["text"]
        ),
        "async_streams": asyncio.run(play_all_async(asked["base_url"], asked["scenarios"])),
        "text_deltas": text_deltas(client, "a plain reply"),
    }
    json.dump(report, sys.stdout)


main()
