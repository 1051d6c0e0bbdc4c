import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { z } from 'zod';
import { type HttpRoute, httpHandler } from '../../shared/http/http-handler.ts';
import { openApiOf } from '../../shared/openapi/openapi.ts';
import { httpEvent } from '../../shared/testing/http-event.ts';
import { keptTelemetry } from '../../shared/testing/telemetry.ts';

const body = z.strictObject({ name: z.string().regex(/^[a-z]{1,8}$/), quantity: z.int().min(1).max(1_000) });
type Body = z.infer<typeof body>;
export type Respond = HttpRoute<Body, undefined, undefined>['respond'];

/** What a test changes of an answer that is right. */
export type Change = (answer: APIGatewayProxyStructuredResultV2, sent: string) => APIGatewayProxyStructuredResultV2;

/** One route, `POST /things`, over HTTP. */
export async function startTestServer(respond: Respond, change: Change = (answer) => answer) {
  const kept = keptTelemetry('error');
  const answers = { 201: body };
  const handler = httpHandler(
    { name: 'post-thing', stage: 'test', method: 'POST', access: 'public', body, answers, respond },
    () => kept,
  );
  const received: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const text = Buffer.concat(chunks).toString();
      const { method = '', headers, url = '' } = request;
      received.push(`${method} ${url} ${text}`);
      const [path] = url.split('?');
      if (path !== '/things') return void response.writeHead(404).end();
      const event = httpEvent({ method, body: text });
      event.headers = { 'content-type': headers['content-type'], 'content-encoding': headers['content-encoding'] };
      const { statusCode = 0, headers: answered, body: said } = change(await handler(event), text);
      response.writeHead(statusCode, { ...answered } as Record<string, string>).end(said);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    document: openApiOf([{ path: '/things', description: handler.route, promise: '' }]),
    received,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
