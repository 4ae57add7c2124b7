# Plays every operation of the API through the generated client, and prints as JSON what the client made of the replies.
# Standard input says where the servers are and which altered replies to ask for.

require 'json'
require 'logger'
require 'set' # which the generated code takes for granted
require 'tmpdir'
require 'openapi_openai'

Client = OpenApiOpenAIClient
input = JSON.parse($stdin.read, symbolize_names: true)

# The operations of one server. Every call is kept with the reply's id and with what it was decoded to.
class Server
  attr_reader :calls

  def initialize(url)
    config = Client::Configuration.new do |c|
      c.scheme, c.host = url.split('://')
      c.base_path = '/v1'
      c.access_token = 'test'
      c.logger = Logger.new($stderr) # standard output is for the report
    end
    client = Client::ApiClient.new(config)
    apis = [Client::AssistantsApi, Client::FilesApi, Client::UploadsApi, Client::VectorStoresApi,
            Client::ModelsApi]
    @apis = apis.map { |api| api.new(client) }
    @calls = []
  end

  def method_missing(operation, *arguments)
    api = @apis.find { |each| each.respond_to?(operation) } or return super
    decoded, _, headers = api.public_send("#{operation}_with_http_info", *arguments)
    content = decoded.respond_to?(:to_hash) ? decoded.to_hash : File.read(decoded.path)
    @calls << { operation: operation, request_id: headers['x-request-id'], type: decoded.class.name, decoded: content }
    decoded
  end

  def respond_to_missing?(operation, _ = false)
    @apis.any? { |each| each.respond_to?(operation) }
  end

  # Reads a run until it stands still.
  def settled(run)
    1000.times do
      run = get_run(run.thread_id, run.id)
      return run unless %w[queued in_progress cancelling].include?(run.status)
      sleep 0.02
    end
    raise "run #{run.id} is still #{run.status}"
  end

  def run(assistant, text)
    message = Client::CreateMessageRequest.new(role: 'user', content: text)
    thread = Client::CreateThreadRequest.new(messages: [message])
    settled(create_thread_and_run(Client::CreateThreadAndRunRequest.new(assistant_id: assistant.id, thread: thread)))
  end

  # Waits, ten seconds at the most, until a run that nobody answers is over.
  def expired(run)
    100.times do
      return if get_run(run.thread_id, run.id).status == 'expired'
      sleep 0.1
    end
    raise "run #{run.id} does not expire"
  end

  # Reads a batch until none of its files is under way.
  def ingested(batch)
    1000.times do
      batch = get_vector_store_file_batch(batch.vector_store_id, batch.id)
      return batch unless batch.status == 'in_progress'
      sleep 0.02
    end
    raise "batch #{batch.id} is still #{batch.status}"
  end

  # All steps of a run, from the list and one by one.
  def steps(run)
    listed = list_run_steps(run.thread_id, run.id, order: 'asc').data
    listed.map { |step| get_run_step(run.thread_id, run.id, step.id) }
  end
end

folder = Dir.mktmpdir
at_exit { FileUtils.remove_entry(folder) }
define_method(:upload) do |content, name|
  path = File.join(folder, name)
  File.write(path, content)
  File.new(path)
end

def outcome
  { decoded: yield.to_hash }
rescue Client::ApiError => e
  body = JSON.parse(e.response_body, symbolize_names: true)
  { status: e.code, error: Client::ErrorResponse.build_from_hash(body).to_hash }
rescue StandardError => e
  { raised: "#{e.class}: #{e.message}" }
end

function = { name: 'get_weather', description: 'The weather', parameters: { type: 'object' } }
weather = { type: 'function', function: function }
server = Server.new(input[:server])

# Files and uploads
image = server.create_file(upload('not really an image', 'cat.png'), 'vision')
notes = server.create_file(upload('some notes', 'notes.txt'), 'assistants')
server.list_files(purpose: 'vision')
server.retrieve_file(notes.id)
server.download_file(image.id)
long = { filename: 'long.txt', purpose: 'assistants', bytes: 8, mime_type: 'text/plain' }
kept = server.create_upload(long)
parts = %w[abcd efgh].map { |half| server.add_upload_part(kept.id, upload(half, 'part')).id }
server.complete_upload(kept.id, part_ids: parts)
server.cancel_upload(server.create_upload(long).id)

# Vector stores
whales = server.create_file(upload('The blue whale is the largest animal that has ever lived.', 'whales.txt'), 'assistants')
broken = server.create_file(upload("MZ\0\1\2\3", 'broken.exe'), 'assistants')
policy = { anchor: 'last_active_at', days: 7 }
store = server.create_vector_store(create_vector_store_request: {
  name: 'Animals', description: 'All of them', expires_after: policy, metadata: { a: 'b' }
})
server.create_vector_store
server.list_vector_stores(limit: 1)
server.modify_vector_store(store.id, update_vector_store_request: { name: 'Some animals' })
cut = { type: 'static', static: { max_chunk_size_tokens: 200, chunk_overlap_tokens: 50 } }
server.create_vector_store_file(store.id, file_id: whales.id, chunking_strategy: cut)
batch = server.create_vector_store_file_batch(store.id, files: [
  { file_id: whales.id, attributes: { topic: 'sea', depth: 0.5, wet: true } }, { file_id: broken.id }
])
server.ingested(batch)
server.list_vector_store_files(store.id, filter: 'completed')
server.list_files_in_vector_store_batch(store.id, batch.id)
server.get_vector_store_file(store.id, broken.id)
server.update_vector_store_file_attributes(store.id, whales.id, attributes: { topic: 'ocean' })
server.retrieve_vector_store_file_content(store.id, whales.id)
server.search_vector_store(store.id, query: 'largest animal', filters: { type: 'eq', key: 'topic', value: 'ocean' })
server.cancel_vector_store_file_batch(store.id, batch.id)
server.delete_vector_store_file(store.id, broken.id)
server.get_vector_store(store.id)
server.delete_vector_store(store.id)

# Models
server.list_models
server.retrieve_model('caller')
no_model = outcome { server.delete_model('caller') }

# Assistants
caller, failing, cut = %w[caller failing cut].map { |model| server.create_assistant(model: model, tools: [weather]) }
every = server.create_assistant(
  model: 'caller', name: 'Every', description: 'One of each', instructions: 'Be brief.', temperature: 0.5, top_p: 0.5,
  tools: [{ type: 'code_interpreter' }, { type: 'file_search', file_search: { max_num_results: 5 } }, weather],
  tool_resources: { code_interpreter: { file_ids: [notes.id] } }, metadata: { a: 'b' },
  response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' }, strict: true } }
)
server.list_assistants(limit: 2)
server.get_assistant(every.id)
server.modify_assistant(every.id, response_format: { type: 'json_object' })
server.delete_assistant(every.id)
no_assistant = outcome { server.get_assistant(every.id) }

# Threads and messages
content = [{ type: 'text', text: 'Look' },
           { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
           { type: 'image_file', image_file: { file_id: image.id } }]
thread = server.create_thread(create_thread_request: {
  messages: [{ role: 'user', content: content }],
  tool_resources: { code_interpreter: { file_ids: [notes.id] } },
  metadata: { topic: 'weather' }
})
server.get_thread(thread.id)
server.modify_thread(thread.id, modify_thread_request: { metadata: { topic: 'rain' } })
message = server.create_message(thread.id, role: 'user', content: 'What should I wear?',
                                           attachments: [{ file_id: notes.id, tools: [{ type: 'code_interpreter' }] }])
server.list_messages(thread.id)
server.get_message(thread.id, message.id)
server.list_message_citations(thread.id, message.id)
server.modify_message(thread.id, message.id, modify_message_request: { metadata: { seen: 'yes' } })
server.list_runs(thread.id) # none yet

# A run that calls functions, says something before and after, and waits in between
run = server.settled(server.create_run(
  thread.id, assistant_id: caller.id, max_completion_tokens: 500,
             truncation_strategy: { type: 'last_messages', last_messages: 5 }
))
server.steps(run)
server.modify_run(thread.id, run.id, modify_run_request: { metadata: { a: 'b' } })
calls = run.required_action.submit_tool_outputs.tool_calls
outputs = calls.map { |call| { tool_call_id: call.id, output: "sunny for #{call.function.arguments}" } }
server.submit_tool_ouputs_to_run(thread.id, run.id, Client::SubmitToolOutputsRunRequest.new(tool_outputs: outputs))
run = server.settled(run)
steps = server.steps(run)
server.list_runs(thread.id)
server.list_messages(thread.id)

# Every other end
server.steps(server.run(failing, 'Fail'))
server.steps(server.run(cut, 'Go on and on'))
waiting = server.run(caller, 'Wait')
server.cancel_run(waiting.thread_id, waiting.id)
server.steps(server.settled(waiting))

# Another server, whose runs expire soon and whose empty lists have no ids
hasty = Server.new(input[:hasty])
late = hasty.run(hasty.create_assistant(model: 'caller', tools: [weather]), 'Wait')
hasty.expired(late)
hasty.steps(late)
no_ids = outcome { hasty.list_run_steps(late.thread_id, late.id, after: hasty.steps(late).last.id, order: 'asc') }

# Replies that somebody tampered with
tampered = Server.new(input[:server])
tool_step = steps.find { |step| step.type == 'tool_calls' }
altered = input[:alterations].to_h do |name, about|
  header = { header_params: { 'X-Alter' => name.to_s } }
  reading = { step: -> { tampered.get_run_step(thread.id, run.id, tool_step.id, header) },
              run: -> { tampered.get_run(thread.id, run.id, header) },
              message: -> { tampered.get_message(thread.id, message.id, header) } }
  [name, outcome(&reading.fetch(about.to_sym))]
end

server.delete_message(thread.id, message.id)
server.delete_thread(thread.id)
server.delete_file(notes.id)
server.delete_file(whales.id)

puts JSON.generate(calls: server.calls, hasty: hasty.calls, altered: altered,
                   no_model: no_model, no_assistant: no_assistant, no_ids: no_ids)
