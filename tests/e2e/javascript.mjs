// A program for the JavaScript SDK v3: client, document client, waiters and
// paginators. Every step prints a line of JSON: its name, and its result or
// the error's name. Arguments: where the packages are, and the endpoint.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [packages, endpoint] = process.argv.slice(2);
const load = createRequire(packages + "/");
const db = load("@aws-sdk/client-dynamodb");
const lib = load("@aws-sdk/lib-dynamodb");

const client = new db.DynamoDBClient({
	endpoint,
	region: "us-east-1",
	credentials: { accessKeyId: "AK", secretAccessKey: "SECRET" },
	maxAttempts: 1,
});
const documents = lib.DynamoDBDocumentClient.from(client);
const TableName = "Products";
const key = { ProductID: "P1", Year: 2020 };
const send = (Command, input) => documents.send(new Command(input));

const steps = {
	async create() {
		await send(db.CreateTableCommand, {
			TableName,
			BillingMode: "PAY_PER_REQUEST",
			KeySchema: [
				{ AttributeName: "ProductID", KeyType: "HASH" },
				{ AttributeName: "Year", KeyType: "RANGE" },
			],
			AttributeDefinitions: [
				{ AttributeName: "ProductID", AttributeType: "S" },
				{ AttributeName: "Year", AttributeType: "N" },
			],
		});
		const { state } = await db.waitUntilTableExists({ client, minDelay: 1, maxDelay: 2, maxWaitTime: 20 }, { TableName });
		return state;
	},
	async every_type() {
		const Item = {
			...key, text: "é😀", truth: true, nothing: null, list: [1, "x", [2]], map: { a: { b: 1 } },
			bytes: new Uint8Array([0, 255]), tags: new Set(["a", "b"]),
		};
		await send(lib.PutCommand, { TableName, Item });
		const found = await send(lib.GetCommand, { TableName, Key: key, ConsistentRead: true });
		assert.deepEqual(found.Item, Item);
		return "same";
	},
	async missing() {
		const found = await send(lib.GetCommand, { TableName, Key: { ...key, Year: 1 } });
		return found.Item === undefined;
	},
	async update() {
		const answer = await send(lib.UpdateCommand, {
			TableName, Key: key, UpdateExpression: "SET #n = if_not_exists(#n, :zero) + :one",
			ExpressionAttributeNames: { "#n": "count" },
			ExpressionAttributeValues: { ":zero": 0, ":one": 1 }, ReturnValues: "UPDATED_NEW",
		});
		return answer.Attributes;
	},
	async batch_and_pages() {
		const requests = [...Array(25).keys()].map((Year) => ({
			PutRequest: { Item: { ProductID: "many", Year } },
		}));
		await send(lib.BatchWriteCommand, { RequestItems: { [TableName]: requests } });
		const years = [];
		const pages = lib.paginateQuery({ client: documents, pageSize: 4 }, {
			TableName, KeyConditionExpression: "ProductID = :p",
			ExpressionAttributeValues: { ":p": "many" }, ScanIndexForward: false,
		});
		for await (const page of pages)
			years.push(...page.Items.map((one) => one.Year));
		assert.deepEqual(years, [...Array(25).keys()].reverse());
		return years.length;
	},
	async condition() {
		await send(lib.PutCommand, {
			TableName, Item: key, ConditionExpression: "attribute_not_exists(ProductID)",
			ReturnValuesOnConditionCheckFailure: "ALL_OLD",
		}).catch((error) => {
			assert.ok(error instanceof db.ConditionalCheckFailedException);
			assert.equal(error.message, "The conditional request failed");
			assert.equal(error.Item.ProductID.S, "P1");
		});
		return "refused";
	},
	async cancelled() {
		const codes = await send(lib.TransactWriteCommand, {
			TransactItems: [
				{ Put: { TableName, Item: { ...key, Year: 1 } } },
				{ ConditionCheck: { TableName, Key: { ...key, Year: 2 },
					ConditionExpression: "attribute_exists(ProductID)" } },
			],
		}).catch((error) => error.CancellationReasons.map((reason) => reason.Code));
		return codes;
	},
	async statement() {
		const answer = await send(lib.ExecuteStatementCommand, {
			Statement: `SELECT "count" FROM "${TableName}" WHERE ProductID = ? AND "Year" = ?`,
			Parameters: ["P1", 2020],
		});
		return answer.Items;
	},
	async no_table() {
		return await send(lib.ScanCommand, { TableName: "Nowhere" }).catch((error) => error.name);
	},
	async remove() {
		await send(db.DeleteTableCommand, { TableName });
		const { state } = await db.waitUntilTableNotExists({ client, minDelay: 1, maxDelay: 2, maxWaitTime: 20 }, { TableName });
		return state;
	},
};

for (const [name, step] of Object.entries(steps)) {
	const result = await step().catch((error) => ({ error: String(error.stack ?? error) }));
	console.log(JSON.stringify([name, result]));
}
