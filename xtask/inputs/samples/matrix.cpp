#include <algorithm>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace grid {

template <typename T>
class Matrix {
public:
    Matrix(std::size_t rows, std::size_t columns) : columns_(columns), cells_(rows * columns) {}

    T &at(std::size_t row, std::size_t column) {
        if (column >= columns_) {
            throw std::out_of_range("column");
        }
        return cells_.at(row * columns_ + column);
    }

    auto largest() const { return *std::max_element(cells_.begin(), cells_.end()); }

private:
    std::size_t columns_;
    std::vector<T> cells_;
};

} // namespace grid

int main() {
    grid::Matrix<double> matrix(3, 3);
    for (std::size_t i = 0; i < 3; ++i) {
        matrix.at(i, i) = 1.5 * static_cast<double>(i);
    }
    std::cout << "largest: " << matrix.largest() << std::endl;
    return 0;
}
