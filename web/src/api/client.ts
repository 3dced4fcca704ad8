/** The server's endpoints with the types of its OpenAPI document: a wrong path, query or body is a type error. */
import { request, withPath, type Method, type QueryValue, type RequestOptions } from '@/api/http';
import type { paths } from '@/api/schema';

type Verb = Lowercase<Method>;

/** The paths that answer to a verb. */
export type PathWith<V extends Verb> = {
  [P in keyof paths]: paths[P] extends Record<V, infer Operation> ? ([Operation] extends [undefined] ? never : P) : never;
}[keyof paths] &
  string;

type OperationOf<P extends keyof paths, V extends Verb> = paths[P] extends Record<V, infer Operation> ? Operation : never;

type JsonOf<T> = T extends { content: { 'application/json': infer Body } } ? Body : undefined;

type ResponsesOf<Operation> = Operation extends { responses: infer Responses } ? Responses : never;

/** What the endpoint answers with when it succeeds. */
export type Answer<P extends keyof paths, V extends Verb> =
  ResponsesOf<OperationOf<P, V>> extends infer Responses
    ? JsonOf<Responses[Extract<keyof Responses, 200 | 201 | 202 | 204>]>
    : never;

/** What the endpoint takes as its body. */
export type BodyOf<P extends keyof paths, V extends Verb> =
  OperationOf<P, V> extends { requestBody: infer Body } ? JsonOf<Body> : undefined;

type ParametersOf<P extends keyof paths, V extends Verb> =
  OperationOf<P, V> extends { parameters: infer Parameters } ? Parameters : Record<never, never>;

type PathParams<P extends keyof paths, V extends Verb> =
  ParametersOf<P, V> extends { path: infer Params extends object } ? { path: Params } : { path?: undefined };

type QueryParams<P extends keyof paths, V extends Verb> =
  ParametersOf<P, V> extends { query?: infer Query } ? { query?: Query } : { query?: undefined };

type BodyParams<P extends keyof paths, V extends Verb> = [BodyOf<P, V>] extends [undefined]
  ? { body?: undefined }
  : { body: BodyOf<P, V> };

type Extras = Pick<RequestOptions, 'signal' | 'headers' | 'deadline'>;
type Input<P extends keyof paths, V extends Verb> = PathParams<P, V> & QueryParams<P, V> & BodyParams<P, V> & Extras;

/** The input may be left out when nothing in it is needed. */
type Arguments<I> = Record<never, never> extends I ? [input?: I] : [input: I];

interface LooseInput extends Extras {
  readonly path?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, QueryValue>> | undefined;
  readonly body?: unknown;
}

function call<R>(method: Method, path: string, input: LooseInput = {}): Promise<R> {
  const { path: params, query, body, ...extras } = input;
  return request<R>(method, withPath(path, params), {
    ...extras,
    ...(query === undefined ? {} : { query }),
    ...(body === undefined ? {} : { body }),
  });
}

export const api = {
  get: <P extends PathWith<'get'>>(path: P, ...[input]: Arguments<Input<P, 'get'>>): Promise<Answer<P, 'get'>> =>
    call('GET', path, input as LooseInput),
  post: <P extends PathWith<'post'>>(path: P, ...[input]: Arguments<Input<P, 'post'>>): Promise<Answer<P, 'post'>> =>
    call('POST', path, input as LooseInput),
  put: <P extends PathWith<'put'>>(path: P, ...[input]: Arguments<Input<P, 'put'>>): Promise<Answer<P, 'put'>> =>
    call('PUT', path, input as LooseInput),
  patch: <P extends PathWith<'patch'>>(
    path: P,
    ...[input]: Arguments<Input<P, 'patch'>>
  ): Promise<Answer<P, 'patch'>> => call('PATCH', path, input as LooseInput),
  delete: <P extends PathWith<'delete'>>(
    path: P,
    ...[input]: Arguments<Input<P, 'delete'>>
  ): Promise<Answer<P, 'delete'>> => call('DELETE', path, input as LooseInput),
};
