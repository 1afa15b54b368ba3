/** Returns what an engine sends that fails at a request: an answer of 500 with these words. */
export function failedAnswer(message: string, cause = 'made up'): Buffer {
  const body = JSON.stringify({ message, cause, response: 500 });
  return Buffer.from(
    `HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
