/** What a plugin answers becomes a response or an error as in Vault (Vault: sdk/logical/response_util.go). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readNames, readReply, refuseRaw } from '../../src/vault/requests/reply.ts';
import { VaultRequestError, type VaultResponse } from '../../src/vault/index.ts';
import type { WireError, WireReply, WireResponse } from '../../src/vault/wire/messages.ts';

const asked = { operation: 'read', path: 'a/b' } as const;

function response(fields: Partial<WireResponse>): WireResponse {
  return {
    secret: null,
    auth: null,
    data: '{}',
    redirect: '',
    warnings: [],
    wrap_info: null,
    headers: {},
    mount_type: '',
    ...fields,
  };
}

function err(err_type: number, err_msg = 'its own words', err_code = '0'): WireError {
  return { err_type, err_msg, err_code };
}

function errorOf(reply: WireReply): VaultRequestError {
  try {
    readReply(asked, reply);
  } catch (error) {
    assert.ok(error instanceof VaultRequestError);
    return error;
  }
  return assert.fail('no error');
}

function answer(data: object): VaultResponse {
  const read = readReply(asked, { response: response({ data: JSON.stringify(data) }), err: null });
  assert.ok(read !== undefined);
  return read;
}

describe('an error of a plugin', () => {
  const constants: readonly [number, number, string][] = [
    [0, 500, 'its own words'],
    [1, 500, 'its own words'],
    [2, 500, 'its own words'],
    [4, 400, 'its own words'],
    [5, 405, 'unsupported operation'],
    [6, 404, 'unsupported path'],
    [7, 400, 'invalid request'],
    [8, 403, 'permission denied'],
    [9, 500, 'request needs further approval'],
    [10, 500, 'unrecoverable error'],
    [99, 500, 'its own words'],
  ];
  for (const [type, status, text] of constants) {
    it(`of type ${type} has the status ${status}`, () => {
      const error = errorOf({ response: null, err: err(type) });
      assert.equal(error.status, status);
      assert.equal(error.text, text);
      assert.equal(error.code, status < 500 ? 'VAULT_REQUEST_REFUSED' : 'VAULT_REQUEST_FAILED');
    });
  }

  it('with a code has that status, unless it is none of an error', () => {
    assert.equal(errorOf({ response: null, err: err(3, 'x', '429') }).status, 429);
    assert.equal(errorOf({ response: null, err: err(3, 'x', '200') }).status, 500);
    assert.equal(errorOf({ response: null, err: err(3, 'x', '9223372036854775807') }).status, 500);
  });

  it('with a text of Vault that has no type on the wire has its status, whatever came with it', () => {
    for (const [text, status] of [
      ['invalid credentials', 400],
      ['relative paths not supported', 400],
      ['functionality on this path has been removed', 404],
      ['required index state not present', 412],
      ['rate limit quota exceeded', 429],
      ['upstream rate limited', 502],
    ] as const) {
      for (const type of [0, 1, 2])
        assert.equal(errorOf({ response: null, err: err(type, text) }).status, status);
      assert.equal(errorOf({ response: response({}), err: err(0, text) }).status, status);
    }
    assert.equal(errorOf({ response: null, err: err(0, 'upstream rate limited: try later') }).status, 500);
    assert.equal(errorOf({ response: null, err: err(8, 'upstream rate limited') }).status, 403);
  });

  it('with a response begins at 400, keeps the response, and its error text wins', () => {
    const both = { response: response({ data: '{"error":"of the response"}' }), err: err(1) };
    const error = errorOf(both);
    assert.deepEqual([error.status, error.text, error.type], [400, 'of the response', 'user']);
    assert.deepEqual(error.response?.data, { error: 'of the response' });
    assert.equal(errorOf({ ...both, err: err(8) }).status, 403);
    const partial = errorOf({ response: response({ data: '{"done":1}', warnings: ['half'] }), err: err(0) });
    assert.deepEqual([partial.status, partial.text], [400, 'its own words']);
    assert.deepEqual(partial.response?.warnings, ['half']);
  });

  it('is a response with nothing but an error, and perhaps data', () => {
    assert.equal(
      errorOf({ response: response({ data: '{"error":[12345678901234567890]}' }), err: null }).text,
      '[12345678901234567890]',
    );
    for (const data of [{ error: 'no' }, { error: 'no', data: { a: 1 } }]) {
      const error = errorOf({ response: response({ data: JSON.stringify(data) }), err: null });
      assert.deepEqual([error.status, error.text, error.type], [400, 'no', 'response']);
    }
    assert.deepEqual(answer({ error: 'a field of a secret', user: 'x' }).data, {
      error: 'a field of a secret',
      user: 'x',
    });
  });

  it('shows nothing that would steer a terminal', () => {
    const { message } = errorOf({ response: null, err: err(0, '\x1b[2Jgone') });
    assert.ok(!message.includes('\x1b'));
  });
});

describe('a response', () => {
  it('is undefined when there is none', () => {
    assert.equal(readReply(asked, { response: null, err: null }), undefined);
  });

  it('keeps long numbers, headers, warnings and the redirect', () => {
    const read = readReply(asked, {
      response: response({
        data: '{"id":9223372036854775807}',
        headers: { 'X-A': { header: ['1', '2'] } },
        warnings: ['careful'],
        redirect: 'elsewhere',
      }),
      err: null,
    });
    assert.deepEqual(read?.data, { id: 9223372036854775807n });
    assert.deepEqual(read.headers, { 'X-A': ['1', '2'] });
    assert.deepEqual([read.warnings, read.redirect, read.status], [['careful'], 'elsewhere', 200]);
  });

  for (const data of ['{', '[1]', '"text"', '1', '{"a":1}{']) {
    it(`with the data ${data} is a wrong answer`, () => {
      const error = errorOf({ response: response({ data }), err: null });
      assert.deepEqual([error.status, error.type], [500, 'answer']);
    });
  }

  it('has no data when they are null or empty', () => {
    for (const data of ['', 'null'])
      assert.deepEqual(readReply(asked, { response: response({ data }), err: null })?.data, {});
  });

  it('says what is wrapped', () => {
    const read = readReply(asked, {
      response: response({
        wrap_info: {
          TTL: '60000000000',
          token: 't',
          accessor: 'a',
          creation_time: { seconds: '1700000000', nanos: 5_000_000 },
          wrapped_accessor: 'w',
          wrapped_entity_id: 'e',
          format: 'jwt',
          creation_path: 'p',
          seal_wrap: true,
        },
      }),
      err: null,
    });
    assert.deepEqual(read?.wrapping, {
      ttlMs: 60_000,
      token: 't',
      accessor: 'a',
      createdAt: new Date(1_700_000_000_005),
      wrappedAccessor: 'w',
      wrappedEntityId: 'e',
      format: 'jwt',
      creationPath: 'p',
      sealWrap: true,
    });
  });
});

describe('a raw answer', () => {
  const raw = (fields: object) =>
    answer({ http_status_code: 200, http_content_type: 'text/plain', ...fields });

  it('comes through, from base64 or as it is', () => {
    assert.equal(
      String(raw({ http_raw_body: Buffer.from('bytes \0').toString('base64') }).raw?.body),
      'bytes \0',
    );
    assert.equal(String(raw({ http_raw_body: '<html>' }).raw?.body), '<html>');
    assert.equal(raw({}).raw?.body.length, 0);
    const full = raw({
      http_status_code: 404,
      http_raw_cache_control: 'no-store',
      http_www_authenticate: 'Basic',
    });
    assert.deepEqual(
      [
        full.status,
        full.raw?.status,
        full.raw?.contentType,
        full.raw?.cacheControl,
        full.raw?.wwwAuthenticate,
      ],
      [404, 404, 'text/plain', 'no-store', 'Basic'],
    );
  });

  it('with an answer of Vault in it has its data', () => {
    const body = JSON.stringify({ data: { metadata: { version: 9223372036854775807n.toString() } } });
    const read = raw({ http_status_code: 404, http_content_type: 'application/json', http_raw_body: body });
    assert.deepEqual(read.data, { metadata: { version: '9223372036854775807' } });
  });

  it('is an error for who writes when its status is one', () => {
    const failed = raw({
      http_status_code: 409,
      http_content_type: 'application/json',
      http_raw_body: JSON.stringify({ warnings: ['one', 'two'] }),
    });
    assert.throws(
      () => {
        refuseRaw(asked, failed);
      },
      { status: 409, text: 'one; two', code: 'VAULT_REQUEST_REFUSED' },
    );
    refuseRaw(asked, raw({}));
    refuseRaw(asked, answer({ error: 'a field', of: 'a secret' }));
    refuseRaw(asked, undefined);
  });

  it('needs no content type when it has no content', () => {
    assert.equal(answer({ http_status_code: 204 }).raw?.status, 204);
    assert.equal(answer({ http_status_code: 204, http_raw_body: [1] }).raw?.body.length, 0);
  });

  it('has only headers that are texts', () => {
    const { raw: read } = raw({ http_raw_pragma: null, http_raw_cache_control: 7 });
    assert.deepEqual([read?.pragma, read?.cacheControl], [undefined, undefined]);
  });

  for (const [what, data] of Object.entries({
    'no status': { http_content_type: 'text/plain', http_raw_body: 'x' },
    'a status that is no number': { http_status_code: '200', http_content_type: 'text/plain' },
    'a status that HTTP does not have': { http_status_code: 7, http_content_type: 'text/plain' },
    'no content type': { http_status_code: 200, http_raw_body: 'x' },
    'a body that is no text': { http_status_code: 200, http_content_type: 'text/plain', http_raw_body: [1] },
  })) {
    it(`with ${what} is a wrong answer`, () => {
      const error = errorOf({ response: response({ data: JSON.stringify(data) }), err: null });
      assert.deepEqual([error.status, error.type], [500, 'answer']);
    });
  }

  it('beside a secret is a wrong answer', () => {
    const secret = { lease_options: null, internal_data: '{}', lease_id: '' };
    const data = '{"http_status_code":200,"http_content_type":"text/plain"}';
    assert.equal(errorOf({ response: response({ data, secret }), err: null }).type, 'answer');
  });
});

describe('the names of a list', () => {
  it('are none when there are none', () => {
    assert.deepEqual(readNames(asked, undefined), []);
    assert.deepEqual(readNames(asked, answer({})), []);
    assert.deepEqual(readNames(asked, answer({ keys: null })), []);
    assert.deepEqual(readNames(asked, answer({ keys: ['a', 'b/'] })), ['a', 'b/']);
  });

  it('are texts, or the answer is wrong', () => {
    for (const keys of [[1], 'a', { a: 1 }, [null]])
      assert.throws(() => readNames(asked, answer({ keys })), { status: 500, type: 'answer' });
  });
});
