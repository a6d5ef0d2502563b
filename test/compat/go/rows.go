package main

import (
	"fmt"

	"github.com/milvus-io/milvus/client/v2/column"
	"github.com/milvus-io/milvus/client/v2/entity"
	"github.com/milvus-io/milvus/client/v2/index"
)

const everything = "compat_go"
const rows = 50
const dim = 8

func field(name string, kind entity.FieldType) *entity.Field {
	return entity.NewField().WithName(name).WithDataType(kind)
}

func schema() *entity.Schema {
	schema := entity.NewSchema().WithDynamicFieldEnabled(true).WithDescription("every type")
	for _, field := range []*entity.Field{
		field("id", entity.FieldTypeInt64).WithIsPrimaryKey(true),
		field("bool", entity.FieldTypeBool),
		field("int8", entity.FieldTypeInt8),
		field("int16", entity.FieldTypeInt16),
		field("int32", entity.FieldTypeInt32).WithNullable(true),
		field("float", entity.FieldTypeFloat),
		field("double", entity.FieldTypeDouble).WithDefaultValueDouble(2.5),
		field("text", entity.FieldTypeVarChar).WithMaxLength(100).WithNullable(true),
		field("json", entity.FieldTypeJSON),
		field("place", entity.FieldTypeGeometry),
		field("numbers", entity.FieldTypeArray).WithElementType(entity.FieldTypeInt64).WithMaxCapacity(10),
		field("words", entity.FieldTypeArray).WithElementType(entity.FieldTypeVarChar).WithMaxCapacity(10).WithMaxLength(20),
		field("floats", entity.FieldTypeFloatVector).WithDim(dim),
		field("halves", entity.FieldTypeFloat16Vector).WithDim(dim),
		field("bfloats", entity.FieldTypeBFloat16Vector).WithDim(dim),
		field("bits", entity.FieldTypeBinaryVector).WithDim(16),
		field("bytes", entity.FieldTypeInt8Vector).WithDim(dim),
		field("sparse", entity.FieldTypeSparseVector),
	} {
		schema.WithField(field)
	}
	return schema
}

// indexes of each field that may have one.
func indexes() map[string]index.Index {
	return map[string]index.Index{
		"floats":  index.NewHNSWIndex(entity.L2, 16, 100),
		"halves":  index.NewIvfFlatIndex(entity.COSINE, 16),
		"bfloats": index.NewAutoIndex(entity.COSINE),
		"bits":    index.NewBinFlatIndex(entity.HAMMING),
		"bytes":   index.NewHNSWIndex(entity.COSINE, 8, 64),
		"sparse":  index.NewSparseInvertedIndex(entity.IP, 0),
		"text":    index.NewTrieIndex(),
		"int16":   index.NewSortedIndex(),
		"int8":    index.NewBitmapIndex(),
		"place":   index.NewRTreeIndex(),
		"numbers": index.NewInvertedIndex(),
		"json":    index.NewJSONPathIndex(index.Inverted, "double", `json["k"]`),
	}
}

// floatsOf a row: different directions, so that every metric finds the row itself first.
func floatsOf(row int) []float32 {
	values := make([]float32, dim)
	for i := range values {
		values[i] = float32((row*(i+3))%17) + float32(row)/64 + 1
	}
	return values
}

func bytesOf(row int) []int8 {
	values := make([]int8, dim)
	for i := range values {
		values[i] = int8((row*(i+5))%101) + 1
	}
	return values
}

func bitsOf(row int) []byte { return []byte{byte(row), byte(row * 5)} }

func sparseOf(row int) entity.SparseEmbedding {
	vector, err := entity.NewSliceSparseEmbedding([]uint32{uint32(row), uint32(row + 1000)}, []float32{1, 0.5})
	if err != nil {
		panic(err)
	}
	return vector
}

// columnOf makes a column's values, row by row.
func columnOf[T any](value func(row int) T) []T {
	values := make([]T, rows)
	for row := range values {
		values[row] = value(row)
	}
	return values
}

// nullableOf leaves out every fourth value.
func nullableOf[T any](value func(row int) T) (values []T, valid []bool) {
	for row := range rows {
		valid = append(valid, row%4 != 0)
		if row%4 != 0 {
			values = append(values, value(row))
		}
	}
	return values, valid
}

// columns of all rows, one of them of the dynamic field.
func columns() ([]column.Column, error) {
	values, valid := nullableOf(func(row int) int32 { return int32(row * 1000) })
	numbers, err := column.NewNullableColumnInt32("int32", values, valid)
	if err != nil {
		return nil, err
	}
	words, valid := nullableOf(func(row int) string { return fmt.Sprint("text ", row) })
	texts, err := column.NewNullableColumnVarChar("text", words, valid)
	if err != nil {
		return nil, err
	}
	extra := column.NewColumnVarChar("extra", columnOf(func(row int) string { return fmt.Sprint("dynamic ", row) }))
	return append(append(scalars(), vectors()...), numbers, texts, extra), nil
}

func scalars() []column.Column {
	return []column.Column{
		column.NewColumnInt64("id", columnOf(func(row int) int64 { return int64(row) })),
		column.NewColumnBool("bool", columnOf(func(row int) bool { return row%2 == 0 })),
		column.NewColumnInt8("int8", columnOf(func(row int) int8 { return int8(row) })),
		column.NewColumnInt16("int16", columnOf(func(row int) int16 { return int16(row * 100) })),
		column.NewColumnFloat("float", columnOf(func(row int) float32 { return float32(row) / 2 })),
		column.NewColumnDouble("double", columnOf(func(row int) float64 { return float64(row) / 3 })),
		column.NewColumnJSONBytes("json", columnOf(func(row int) []byte { return fmt.Appendf(nil, `{"k": %d}`, row) })),
		column.NewColumnGeometryWKT("place", columnOf(func(row int) string { return fmt.Sprintf("POINT (%d %d)", row, row+1) })),
		column.NewColumnInt64Array("numbers", columnOf(func(row int) []int64 { return []int64{int64(row), int64(row + 1)} })),
		column.NewColumnVarCharArray("words", columnOf(func(row int) []string { return []string{fmt.Sprint("a", row)} })),
	}
}

func vectors() []column.Column {
	floats := columnOf(floatsOf)
	halves := columnOf(func(row int) []byte { return entity.FloatVector(floatsOf(row)).ToFloat16Vector() })
	bfloats := columnOf(func(row int) []byte { return entity.FloatVector(floatsOf(row)).ToBFloat16Vector() })
	return []column.Column{
		column.NewColumnFloatVector("floats", dim, floats),
		column.NewColumnFloat16Vector("halves", dim, halves),
		column.NewColumnBFloat16Vector("bfloats", dim, bfloats),
		column.NewColumnBinaryVector("bits", 16, columnOf(bitsOf)),
		column.NewColumnInt8Vector("bytes", dim, columnOf(bytesOf)),
		column.NewColumnSparseVectors("sparse", columnOf(func(row int) entity.SparseEmbedding { return sparseOf(row) })),
	}
}
