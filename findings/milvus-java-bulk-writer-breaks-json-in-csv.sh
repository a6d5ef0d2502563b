#!/usr/bin/env bash
# Milvus's bulk writer for Java (Maven io.milvus:milvus-sdk-java-bulkwriter 2.5.5): a quotation mark in a JSON value breaks the CSV file.
#
# A cell of a JSON or Array column is the value's text with each \" made a bare " before quotation marks are doubled for CSV. So
# {"s": "a \"b\""} stands there as {"s":"a "b""}, which is no JSON and cannot be mended by whoever reads it. The writer says nothing. Its
# JSON file has the value of the same row whole, and so has a VarChar column of the CSV that has the same text.
#
# Needs Maven and Java 17 (Debian: maven, default-jdk-headless). Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.milvus</groupId><artifactId>milvus-sdk-java-bulkwriter</artifactId><version>2.5.5</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>2.0.16</version></dependency>
  </dependencies>
</project>
XML
cat >Finding.java <<'JAVA'
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.milvus.bulkwriter.LocalBulkWriter;
import io.milvus.bulkwriter.LocalBulkWriterParam;
import io.milvus.bulkwriter.common.clientenum.BulkFileType;
import io.milvus.v2.common.DataType;
import io.milvus.v2.service.collection.request.AddFieldReq;
import io.milvus.v2.service.collection.request.CreateCollectionReq.CollectionSchema;

class Finding {
  public static void main(String[] args) throws Exception {
    CollectionSchema schema = CollectionSchema.builder().build();
    schema.addField(AddFieldReq.builder().fieldName("id").dataType(DataType.Int64).isPrimaryKey(true).autoID(false).build());
    schema.addField(AddFieldReq.builder().fieldName("text").dataType(DataType.VarChar).maxLength(99).build());
    schema.addField(AddFieldReq.builder().fieldName("json").dataType(DataType.JSON).build());
    schema.addField(AddFieldReq.builder().fieldName("v").dataType(DataType.FloatVector).dimension(2).build());
    for (BulkFileType type : new BulkFileType[] {BulkFileType.CSV, BulkFileType.JSON}) {
      LocalBulkWriterParam.Builder param = LocalBulkWriterParam.newBuilder().withCollectionSchema(schema);
      LocalBulkWriter writer = new LocalBulkWriter(param.withLocalPath(type.name()).withFileType(type).build());
      String row = "{'id':1,'text':'a \\\"b\\\"','json':{'s':'a \\\"b\\\"'},'v':[1,2]}".replace('\'', '"');
      writer.appendRow(JsonParser.parseString(row).getAsJsonObject());
      writer.commit(false);
    }
    System.exit(0);
  }
}
JAVA
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:2.8:build-classpath -Dmdep.outputFile=classpath
java -cp "$(cat classpath)" Finding.java >/dev/null 2>&1
python3 - <<'PY'
import csv, glob, json, sys

with open(glob.glob("CSV/*/*.csv")[0], newline="") as file:
    row = next(csv.DictReader(file))
with open(glob.glob("JSON/*/*.json")[0]) as file:
    rows = json.load(file)
[other] = rows["rows"] if isinstance(rows, dict) else rows


def read(text):
    try:
        return json.loads(text)
    except ValueError as error:
        return f"no JSON: {error}"


found = read(row["json"])
print("text of the CSV: ", row["text"])
print("cell of the CSV: ", row["json"])
print("which is         ", found)
print("the JSON file has", other["json"])
value = {"s": 'a "b"'}
sys.exit(0 if str(found).startswith("no JSON") and read(other["json"]) == value and row["text"] == value["s"] else 1)
PY
