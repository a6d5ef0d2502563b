package main

import (
	"github.com/milvus-io/milvus/client/v2/entity"
	"github.com/milvus-io/milvus/client/v2/index"
	mc "github.com/milvus-io/milvus/client/v2/milvusclient"
)

const texts = "compat_go_texts"

// changesRows leaves 44 of 50 rows.
func changesRows(s *scenario) error {
	changed := mc.NewColumnBasedInsertOption(everything).WithInt64Column("id", []int64{3}).
		WithVarcharColumn("text", []string{"changed"}).WithPartialUpdate(true)
	return all(
		func() error {
			answer, err := s.Upsert(s.ctx, changed)
			if err != nil {
				return err
			}
			return same("upserted", answer.UpsertCount, int64(1))
		},
		func() error { return hasRows(s, everything, `id == 3 and text == "changed" and int8 == 3`, 1) },
		func() error {
			answer, err := s.Delete(s.ctx, mc.NewDeleteOption(everything).WithInt64IDs("id", []int64{1, 2}))
			if err != nil {
				return err
			}
			return same("deleted", answer.DeleteCount, int64(2))
		},
		func() error {
			_, err := s.Delete(s.ctx, mc.NewDeleteOption(everything).WithExpr("int8 > 45"))
			return err
		},
		func() error { return hasRows(s, everything, "", rows-6) },
	)
}

func textSchema() *entity.Schema {
	text := field("text", entity.FieldTypeVarChar).WithMaxLength(500).WithEnableAnalyzer(true).WithEnableMatch(true).
		WithAnalyzerParams(map[string]any{"type": "english"})
	bm25 := entity.NewFunction().WithName("bm25").WithType(entity.FunctionTypeBM25).WithInputFields("text").WithOutputFields("sparse")
	return entity.NewSchema().WithField(field("id", entity.FieldTypeInt64).WithIsPrimaryKey(true).WithIsAutoID(true)).
		WithField(text).WithField(field("sparse", entity.FieldTypeSparseVector)).WithFunction(bm25)
}

func searchesTexts(s *scenario) error {
	sparse := mc.NewCreateIndexOption(texts, "sparse", index.NewAutoIndex(entity.BM25))
	if err := s.CreateCollection(s.ctx, mc.NewCreateCollectionOption(texts, textSchema()).WithIndexOptions(sparse)); err != nil {
		return err
	}
	if _, err := s.LoadCollection(s.ctx, mc.NewLoadCollectionOption(texts)); err != nil {
		return err
	}
	values := []string{"the quick brown fox", "lazy dogs running", "vectors in databases"}
	if _, err := s.Insert(s.ctx, mc.NewColumnBasedInsertOption(texts).WithVarcharColumn("text", values)); err != nil {
		return err
	}
	return all(
		func() error { return hasRows(s, texts, `text_match(text, "fox")`, 1) },
		func() error { return findsText(s) },
		func() error { return analyzes(s) },
	)
}

func findsText(s *scenario) error {
	query := []entity.Vector{entity.Text("run dog")}
	found, err := s.Search(s.ctx, mc.NewSearchOption(texts, 3, query).WithANNSField("sparse").WithOutputFields("text").WithConsistencyLevel(entity.ClStrong))
	if err != nil {
		return err
	}
	text, err := found[0].GetColumn("text").GetAsString(0)
	if err != nil {
		return err
	}
	return same("the text found", []any{found[0].ResultCount, text}, []any{1, "lazy dogs running"})
}

func analyzes(s *scenario) error {
	answer, err := s.RunAnalyzer(s.ctx, mc.NewRunAnalyzerOption("Hello the Worlds").WithAnalyzerParamsStr(`{"type":"english"}`).WithDetail())
	if err != nil {
		return err
	}
	tokens := []string{}
	for _, token := range answer[0].Tokens {
		tokens = append(tokens, token.Text)
	}
	return same("tokens", tokens, []string{"hello", "world"})
}
