package dev.freehold.controller.store;

import io.micronaut.data.annotation.Query;
import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.r2dbc.annotation.R2dbcRepository;
import io.micronaut.data.repository.CrudRepository;
import io.micronaut.transaction.annotation.Transactional;
import java.util.List;

@Transactional
@R2dbcRepository(dialect = Dialect.H2)
interface ReceiptHeadRows extends CrudRepository<ReceiptHeadRow, String> {

  @Query(
      "SELECT * FROM receipt_head WHERE serial = :serial ORDER BY line DESC"
          + " FETCH FIRST :rows ROWS ONLY")
  List<ReceiptHeadRow> newest(String serial, int rows);
}
