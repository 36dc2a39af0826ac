// An eight-bit counter with a synchronous reset: eight flip-flops in any synthesis.
module counter(input clk, input rst, output reg [7:0] q);
  always @(posedge clk)
    if (rst) q <= 0;
    else q <= q + 1;
endmodule
