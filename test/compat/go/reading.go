package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/milvus-io/milvus/client/v2/column"
	"github.com/milvus-io/milvus/client/v2/entity"
	"github.com/milvus-io/milvus/client/v2/index"
	mc "github.com/milvus-io/milvus/client/v2/milvusclient"
)

func queries(s *scenario) error {
	return all(
		func() error { return readsEveryType(s) },
		func() error { return readsByTemplate(s) },
		func() error { return getsByKey(s) },
		func() error { return hasRows(s, everything, "text is null", 13) },
	)
}

// readsEveryType compares rows 3 and 4 with what went in; of row 4 the nullable fields are null.
func readsEveryType(s *scenario) error {
	names := []string{}
	for _, field := range schema().Fields {
		names = append(names, field.Name)
	}
	answer, err := s.Query(s.ctx, mc.NewQueryOption(everything).WithFilter("id in [3, 4]").WithOutputFields(names...))
	if err != nil {
		return err
	}
	wanted := append(append([]column.Column{}, scalars()...), vectors()...)
	for _, column := range wanted {
		if err := sameValue(answer, column); err != nil {
			return err
		}
	}
	return all(func() error { return isNull(answer, "int32") }, func() error { return isNull(answer, "text") })
}

func sameValue(answer mc.ResultSet, wanted column.Column) error {
	got := answer.GetColumn(wanted.Name())
	if got == nil {
		return fmt.Errorf("no column %s in the answer", wanted.Name())
	}
	left, err := got.Get(0)
	if err != nil {
		return err
	}
	right, err := wanted.Get(3)
	if err != nil {
		return err
	}
	if sparse, ok := left.(entity.SparseEmbedding); ok {
		return same(wanted.Name(), sparse.Serialize(), right.(entity.SparseEmbedding).Serialize())
	}
	return same(wanted.Name(), fmt.Sprint(left), fmt.Sprint(right))
}

func isNull(answer mc.ResultSet, name string) error {
	first, _ := answer.GetColumn(name).IsNull(0)
	second, _ := answer.GetColumn(name).IsNull(1)
	return same("nulls of "+name, []bool{first, second}, []bool{false, true})
}

func readsByTemplate(s *scenario) error {
	option := mc.NewQueryOption(everything).WithFilter("id in {ids} and text like {pattern}").
		WithTemplateParam("ids", []int64{1, 2, 3, 4}).WithTemplateParam("pattern", "text%").
		WithOffset(1).WithLimit(2).WithOutputFields("id")
	answer, err := s.Query(s.ctx, option)
	if err != nil {
		return err
	}
	return same("ids", answer.GetColumn("id").FieldData().GetScalars().GetLongData().GetData(), []int64{2, 3})
}

func getsByKey(s *scenario) error {
	keys := column.NewColumnInt64("id", []int64{7, 9})
	answer, err := s.Get(s.ctx, mc.NewQueryOption(everything).WithIDs(keys).WithOutputFields("extra"))
	if err != nil {
		return err
	}
	value, err := answer.GetColumn("extra").GetAsString(1)
	if err != nil {
		return err
	}
	return same("dynamic field", value, "dynamic 9")
}

// searches looks for row 7 by each of its vectors, twice in one call.
func searches(s *scenario) error {
	floats := entity.FloatVector(floatsOf(7))
	for name, vector := range map[string]entity.Vector{
		"floats": floats, "halves": floats.ToFloat16Vector(), "bfloats": floats.ToBFloat16Vector(),
		"bits": entity.BinaryVector(bitsOf(7)), "bytes": entity.Int8Vector(bytesOf(7)), "sparse": sparseOf(7),
	} {
		option := mc.NewSearchOption(everything, 5, []entity.Vector{vector, vector}).WithANNSField(name).WithFilter("id < 40").WithOutputFields("extra")
		found, err := s.Search(s.ctx, option)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, query := range found {
			if err := firstIs(query, 7, name); err != nil {
				return err
			}
		}
	}
	return nil
}

func firstIs(found mc.ResultSet, wanted int64, what string) error {
	id, err := found.IDs.GetAsInt64(0)
	if err != nil {
		return err
	}
	return same("first hit of "+what, id, wanted)
}

func searchesOtherwise(s *scenario) error {
	query := []entity.Vector{entity.FloatVector(floatsOf(7))}
	search := func() mc.SearchOption {
		return mc.NewSearchOption(everything, 5, query).WithANNSField("floats").WithGroupByField("bool").WithGroupSize(2).
			WithStrictGroupSize(true).WithAnnParam(index.NewHNSWAnnParam(64))
	}
	return all(
		func() error {
			found, err := s.Search(s.ctx, search())
			if err != nil {
				return err
			}
			return same("hits of two groups of two", found[0].ResultCount, 4)
		},
		func() error {
			ranged := mc.NewSearchOption(everything, 50, query).WithANNSField("floats").WithSearchParam("radius", "1").WithSearchParam("range_filter", "0")
			found, err := s.Search(s.ctx, ranged)
			if err != nil {
				return err
			}
			return firstIs(found[0], 7, "a range")
		},
		func() error { return hybrid(s, mc.NewRRFReranker().WithK(30)) },
		func() error { return hybrid(s, mc.NewWeightedReranker([]float64{0.6, 0.4})) },
	)
}

func hybrid(s *scenario, reranker mc.Reranker) error {
	floats := mc.NewAnnRequest("floats", 10, entity.FloatVector(floatsOf(7)))
	sparse := mc.NewAnnRequest("sparse", 10, sparseOf(7)).WithFilter("id > 3")
	found, err := s.HybridSearch(s.ctx, mc.NewHybridSearchOption(everything, 5, floats, sparse).WithReranker(reranker).WithOutputFields("text"))
	if err != nil {
		return err
	}
	return firstIs(found[0], 7, "a hybrid search")
}

func iterates(s *scenario) error {
	hits, err := s.SearchIterator(s.ctx, mc.NewSearchIteratorOption(everything, entity.FloatVector(floatsOf(0))).
		WithANNSField("floats").WithBatchSize(7).WithFilter("id < 40"))
	if err != nil {
		return err
	}
	found, err := s.QueryIterator(s.ctx, mc.NewQueryIteratorOption(everything).WithBatchSize(7).WithOutputFields("id").WithFilter("id < 40"))
	if err != nil {
		return err
	}
	return all(func() error { return drains(s, "hits", hits, 40) }, func() error { return drains(s, "rows", found, 40) })
}

func drains(s *scenario, what string, iterator mc.SearchIterator, wanted int) error {
	total := 0
	for {
		batch, err := iterator.Next(s.ctx)
		if errors.Is(err, io.EOF) {
			return same(what, total, wanted)
		}
		if err != nil {
			return err
		}
		total += batch.ResultCount
	}
}
