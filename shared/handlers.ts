// The handler factories: what a function in functions/ is made with.

export { httpHandler } from './http/http-handler.ts';
export { mqttHandler } from './mqtt/mqtt-handler.ts';
export { queueHandler } from './queue/queue-handler.ts';
export { batchHandler } from './stream/batch-handler.ts';
export { streamHandler } from './stream/stream-handler.ts';
export { websocketHandler } from './websocket/websocket-handler.ts';
