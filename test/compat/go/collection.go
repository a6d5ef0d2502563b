package main

import (
	"github.com/milvus-io/milvus/client/v2/entity"
	mc "github.com/milvus-io/milvus/client/v2/milvusclient"
)

func createsCollection(s *scenario) error {
	option := mc.NewCreateCollectionOption(everything, schema()).WithShardNum(2).WithConsistencyLevel(entity.ClStrong)
	if err := s.CreateCollection(s.ctx, option); err != nil {
		return err
	}
	described, err := s.DescribeCollection(s.ctx, mc.NewDescribeCollectionOption(everything))
	if err != nil {
		return err
	}
	got := []any{described.ShardNum, described.ConsistencyLevel, len(described.Schema.Fields), described.Schema.EnableDynamicField, described.Schema.Description}
	return same("description", got, []any{int32(2), entity.ClStrong, 18, true, "every type"})
}

func insertsColumns(s *scenario) error {
	columns, err := columns()
	if err != nil {
		return err
	}
	inserted, err := s.Insert(s.ctx, mc.NewColumnBasedInsertOption(everything, columns...))
	if err != nil {
		return err
	}
	return same("inserted", []any{inserted.InsertCount, inserted.IDs.Len()}, []any{int64(rows), rows})
}

func createsIndexes(s *scenario) error {
	for field, index := range indexes() {
		task, err := s.CreateIndex(s.ctx, mc.NewCreateIndexOption(everything, field, index))
		if err != nil {
			return err
		}
		if err := task.Await(s.ctx); err != nil {
			return err
		}
	}
	return all(
		func() error {
			listed, err := s.ListIndexes(s.ctx, mc.NewListIndexOption(everything).WithFieldName("floats"))
			return sameList("indexes of a field", []string{"floats"})(listed, err)
		},
		func() error { return describesIndex(s) },
	)
}

func describesIndex(s *scenario) error {
	described, err := s.DescribeIndex(s.ctx, mc.NewDescribeIndexOption(everything, "floats"))
	if err != nil {
		return err
	}
	params := described.Index.Params()
	got := []any{params["index_type"], params["metric_type"], params["M"], described.TotalRows, described.IndexedRows, described.PendingIndexRows}
	return same("index", got, []any{"HNSW", "L2", "16", int64(rows), int64(rows), int64(0)})
}

func loads(s *scenario) error {
	task, err := s.LoadCollection(s.ctx, mc.NewLoadCollectionOption(everything).WithReplica(1))
	if err != nil {
		return err
	}
	if err := task.Await(s.ctx); err != nil {
		return err
	}
	state, err := s.GetLoadState(s.ctx, mc.NewGetLoadStateOption(everything))
	if err != nil {
		return err
	}
	return same("load state", state.State, entity.LoadStateLoaded)
}

func altersSchema(s *scenario) error {
	added := field("added", entity.FieldTypeInt64).WithNullable(true).WithDefaultValueLong(5)
	return all(
		func() error {
			return s.AlterCollectionProperties(s.ctx, mc.NewAlterCollectionPropertiesOption(everything).WithProperty("collection.ttl.seconds", 3600))
		},
		func() error {
			return s.DropCollectionProperties(s.ctx, mc.NewDropCollectionPropertiesOption(everything, "collection.ttl.seconds"))
		},
		func() error {
			return s.AlterCollectionFieldProperty(s.ctx, mc.NewAlterCollectionFieldPropertiesOption(everything, "text").WithProperty("max_length", 200))
		},
		func() error { return s.AddCollectionField(s.ctx, mc.NewAddCollectionFieldOption(everything, added)) },
		func() error { return hasRows(s, everything, "added == 5", rows-6) },
	)
}

func compacts(s *scenario) error {
	task, err := s.Flush(s.ctx, mc.NewFlushOption(everything))
	if err != nil {
		return err
	}
	if err := task.Await(s.ctx); err != nil {
		return err
	}
	id, err := s.Compact(s.ctx, mc.NewCompactOption(everything))
	if err != nil {
		return err
	}
	for state := entity.CompactionStateRunning; state != entity.CompactionStateCompleted; {
		if state, err = s.GetCompactionState(s.ctx, mc.NewGetCompactionStateOption(id)); err != nil {
			return err
		}
	}
	return hasRows(s, everything, "", rows-6)
}

func drops(s *scenario) error {
	return all(
		func() error { return s.ReleaseCollection(s.ctx, mc.NewReleaseCollectionOption(everything)) },
		func() error { return s.DropCollection(s.ctx, mc.NewDropCollectionOption(everything)) },
		func() error { return s.DropCollection(s.ctx, mc.NewDropCollectionOption(imported)) },
		func() error { return s.DropCollection(s.ctx, mc.NewDropCollectionOption(texts)) },
	)
}
