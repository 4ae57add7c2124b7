"""Everything that needs no stream: objects, pages, files, uploads, polling, errors. Answers plain facts for JSON."""

import pathlib
import tempfile

from openai import BadRequestError, NotFoundError

from conversation import open_conversation, outputs_for


def play_resources(client):
    return {
        "assistants": assistants(client),
        "messages": messages(client),
        "files": files(client),
        "uploads": uploads(client),
        "models": [model.id for model in client.models.list()],
        "polling": polling(client),
        "errors": errors(client),
    }


def assistants(client):
    api = client.beta.assistants
    made = [api.create(model="gpt-4o", name=f"assistant {n}") for n in range(25)]
    updated = api.update(made[0].id, name="renamed", metadata={"n": "1"})
    return {
        "request_id": made[0]._request_id,
        "updated": updated.to_dict(),
        "retrieved": api.retrieve(made[0].id).to_dict(),
        "descending": [assistant.name for assistant in api.list(limit=10)],
        "ascending": [assistant.name for assistant in api.list(order="asc", limit=7)],
        "deleted": [api.delete(assistant.id).deleted for assistant in made],
        "left": len(api.list().data),
    }


def messages(client):
    threads = client.beta.threads
    thread = threads.create(messages=[{"role": "user", "content": f"message {n}"} for n in range(25)])
    api = threads.messages
    listed = list(api.list(thread.id, order="asc", limit=10))
    changed = api.update(listed[0].id, thread_id=thread.id, metadata={"n": "1"})
    before = api.list(thread.id, order="asc", before=listed[3].id)
    deleted = api.delete(listed[0].id, thread_id=thread.id)
    texts = lambda found: [message.content[0].text.value for message in found]
    return {
        "ascending": texts(listed),
        "before": texts(before.data),
        "changed": api.retrieve(listed[1].id, thread_id=thread.id).metadata | changed.metadata,
        "deleted": deleted.object,
        "left": len(list(api.list(thread.id))),
        "thread_deleted": threads.delete(thread.id).object,
    }


def files(client):
    api = client.files
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "zürich.jsonl")
        path.write_text("Grüezi\n")
        made = [
            api.create(file=path, purpose="fine-tune"),
            api.create(file=("bytes.jsonl", b"Hello\n"), purpose="fine-tune"),
            api.create(file=path.open("rb"), purpose="fine-tune"),
        ]
    return {
        "names": [file.filename for file in made],
        "contents": [api.content(file.id).read().decode() for file in made],
        "statuses": [api.wait_for_processing(file.id).status for file in made],
        "listed": [file.id for file in api.list(purpose="fine-tune", order="asc")] == [file.id for file in made],
        "deleted": [api.delete(file.id).deleted for file in made],
    }


def uploads(client):
    upload = client.uploads.upload_file_chunked(
        file=b"0123456789" * 100,
        filename="digits.jsonl",
        bytes=1000,
        mime_type="text/jsonl",
        purpose="fine-tune",
        part_size=300,
    )
    content = client.files.content(upload.file.id).read()
    return {"status": upload.status, "same": content == b"0123456789" * 100}


def polling(client):
    assistant, thread = open_conversation(client, "two parallel calls")
    runs = client.beta.threads.runs
    waiting = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    run = runs.submit_tool_outputs_and_poll(run_id=waiting.id, thread_id=thread.id, tool_outputs=outputs_for(waiting))
    steps = runs.steps.list(
        run.id, thread_id=thread.id, order="asc", include=["step_details.tool_calls[*].file_search.results[*].content"]
    )
    other = client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "a plain reply"}]}
    )
    return {
        "statuses": [waiting.status, run.status, other.status],
        "steps": [step.type for step in steps],
        "step": runs.steps.retrieve(steps.data[0].id, run_id=run.id, thread_id=thread.id).status,
        "messages_of_run": len(list(client.beta.threads.messages.list(thread.id, run_id=run.id))),
        "runs": [listed.id for listed in runs.list(thread.id)] == [run.id],
        "metadata": runs.update(run.id, thread_id=thread.id, metadata={"n": "1"}).metadata,
    }


def errors(client):
    thread = client.beta.threads.create()
    found = {}
    try:
        client.beta.threads.messages.create(thread.id, role="system", content="Hi")
    except BadRequestError as error:
        found["bad_request"] = [error.status_code, error.type, error.param, error.code, error.request_id[:4]]
    try:
        client.beta.threads.runs.retrieve("run_nowhere", thread_id=thread.id)
    except NotFoundError as error:
        found["not_found"] = error.body["message"]
    return found
